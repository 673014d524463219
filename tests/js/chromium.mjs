/** Unpacks the Chromium that npm has brought: where it is. */

import chromium from "@sparticuz/chromium"

console.log(await chromium.executablePath())
