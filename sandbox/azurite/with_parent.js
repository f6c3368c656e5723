// Loaded before Azurite: ends it, as SIGTERM would, once the process that started it is gone. A test run that is
// killed closes nothing, and each Azurite left behind holds 150 MB.
"use strict";
const parent = Number(process.env.SANDBOX_PARENT);
setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, "SIGTERM");
}, 500).unref();
