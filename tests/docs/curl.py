"""As much of curl as the pages use: `curl [--json DATA] URL`; the answer, whatever its status."""

import sys

import httpx

*options, url = sys.argv[1:]
if options:
    flag, data = options
    assert flag == "--json"
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(url, content=data.encode(), headers=headers)
else:
    answer = httpx.get(url)
print(answer.text)
