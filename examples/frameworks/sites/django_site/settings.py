"""As few as there can be."""

ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "sites.django_site.urls"
SECRET_KEY = "of the example"
