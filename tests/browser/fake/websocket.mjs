// The server side of RFC 6455, as much as a test needs: text frames, close, pings. Not for the world outside.

import {createHash} from 'node:crypto';

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const TEXT = 1;
const CLOSE = 8;
const PING = 9;
const PONG = 10;

/**
 * Answers an upgrade.
 * @param {import('node:http').IncomingMessage} request @param {import('node:net').Socket} socket
 */
export function accept(request, socket) {
  const key = createHash('sha1').update(request.headers['sec-websocket-key'] + GUID).digest('base64');
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n\r\n`);
  return new Peer(socket);
}

class Peer {
  constructor(socket) {
    this.socket = socket;
    this.input = Buffer.alloc(0);
    this.parts = [];
    this.onmessage = () => {};
    this.onclose = () => {};
    socket.setNoDelay(true);
    socket.on('data', (data) => {
      this.input = Buffer.concat([this.input, data]);
      while (this.#readFrame());
    });
    socket.on('error', () => {});
    socket.on('end', () => socket.end()); // node leaves a server's half of it open
    socket.on('close', () => this.onclose());
  }

  send(text) {
    if (this.socket.writable) this.socket.write(frame(TEXT, Buffer.from(text)));
  }

  close(code, reason = '') {
    const body = Buffer.alloc(2 + Buffer.byteLength(reason));
    body.writeUInt16BE(code);
    body.write(reason, 2);
    if (this.socket.writable) this.socket.end(frame(CLOSE, body));
  }

  /** Like a pulled plug: no goodbye. */
  destroy() {
    this.socket.destroy();
  }

  #readFrame() {
    const {input} = this;
    if (input.length < 6) return false;
    let length = input[1] & 127;
    let at = 2;
    if (length === 126) [length, at] = [input.readUInt16BE(2), 4];
    if (length === 127) [length, at] = [Number(input.readBigUInt64BE(2)), 10];
    if (input.length < at + 4 + length) return false;
    const mask = input.subarray(at, at + 4);
    const body = Buffer.from(input.subarray(at + 4, at + 4 + length));
    for (let i = 0; i < body.length; i++) body[i] ^= mask[i & 3];
    this.input = input.subarray(at + 4 + length);
    this.#take(input[0] & 15, body, (input[0] & 128) !== 0);
    return true;
  }

  #take(opcode, body, last) {
    if (opcode === CLOSE) return this.close(body.length >= 2 ? body.readUInt16BE(0) : 1005);
    if (opcode === PING) return this.socket.write(frame(PONG, body));
    if (opcode > 2) return undefined;
    this.parts.push(body);
    if (last) this.onmessage(Buffer.concat(this.parts.splice(0)).toString());
    return undefined;
  }
}

function frame(opcode, body) {
  const head = body.length < 126 ? Buffer.from([128 | opcode, body.length]) : Buffer.alloc(body.length < 65536 ? 4 : 10);
  if (head.length === 4) (head[0] = 128 | opcode), (head[1] = 126), head.writeUInt16BE(body.length, 2);
  if (head.length === 10) (head[0] = 128 | opcode), (head[1] = 127), head.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([head, body]);
}
