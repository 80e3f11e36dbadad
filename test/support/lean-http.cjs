// Loaded first by Node.js in processes that tests start. Whoever imports node:http has Node.js read all that it exports,
// and three of those load undici, which takes nearly as long as the start of Node.js. Nothing here uses them.
'use strict';

const http = require('node:http');

for (const name of ['WebSocket', 'CloseEvent', 'MessageEvent']) Reflect.deleteProperty(http, name);
