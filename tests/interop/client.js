// SPDX-License-Identifier: BSD-2-Clause
//
// node as a client for tests/interop/tls.sh.
//
// usage: node client.js HOST PORT NAME CA VERSION SUITE PATH TIMES
//
// Fetches PATH so many times, each over a connection of its own that resumes the session before it.
// The last body goes to stdout, and what was agreed on to stderr: version, suite, protocol, new or
// resumed. SUITE is the standard name in TLS 1.3, OpenSSL's in TLS 1.2.

'use strict';

const fs = require('fs');
const tls = require('tls');

const [host, port, name, ca, version, suite, path, times] = process.argv.slice(2);

function bodyOf(answer) {
	const end = answer.indexOf('\r\n\r\n');

	if (!answer.subarray(0, 13).equals(Buffer.from('HTTP/1.1 200 ')) || end < 0)
		throw new Error('not a 200');
	return answer.subarray(end + 4);
}

function fetch(session) {
	return new Promise((resolve, reject) => {
		const chunks = [];
		let said, next;
		const socket = tls.connect({
			host, port, session, ca: fs.readFileSync(ca), servername: name,
			ALPNProtocols: ['h2', 'http/1.1'], ciphers: suite,
			minVersion: `TLSv${version}`, maxVersion: `TLSv${version}`,
		}, () => {
			said = [socket.getProtocol(), socket.getCipher().standardName,
				socket.alpnProtocol,
				socket.isSessionReused() ? 'resumed' : 'new'];
			socket.write(`GET ${path} HTTP/1.1\r\nHost: ${name}\r\n` +
				'Connection: close\r\n\r\n');
		});

		socket.setTimeout(20000, () => socket.destroy(new Error('timeout')));
		socket.on('session', (ticket) => { next = ticket; });
		socket.on('data', (chunk) => chunks.push(chunk));
		socket.on('end', () => resolve({ body: bodyOf(Buffer.concat(chunks)), said, next }));
		socket.on('error', reject);
	});
}

async function main() {
	let last = {};

	for (let i = 0; i < Number(times); i++)
		last = await fetch(last.next);
	fs.writeSync(2, `${last.said.join(' ')}\n`);
	process.stdout.write(last.body);
}

main().catch((error) => {
	console.error(error.message);
	process.exitCode = 1;
});
