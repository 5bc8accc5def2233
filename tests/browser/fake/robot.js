// A robot made of a canvas: draws a scene with the stamp of docs/stamp.md, offers it like the real one, answers pings on the
// channel `clock` (docs/clock.md), and can be told to freeze, to fall silent and to come back. Steered by tests through `window.robot`.

const FPS = 30;
const COLUMNS = 64;

class Camera {
  constructor(name, index, {width = 1280, height = 720, stamp = true} = {}) {
    this.name = name;
    this.index = index;
    this.stamp = stamp;
    this.canvas = Object.assign(document.createElement('canvas'), {width, height});
    this.context = this.canvas.getContext('2d');
    this.frame = 0;
    this.draw();
    this.stream = this.canvas.captureStream(0);
    this.track = this.stream.getVideoTracks()[0];
  }

  draw() {
    drawScene(this.context, this.canvas.width, this.canvas.height, this.frame / FPS, this.index);
    if (this.stamp) drawStamp(this.context, this.canvas.width, this.frame);
    this.frame++;
  }

  next() {
    this.draw();
    this.track.requestFrame();
  }
}

class Robot {
  /** `clock`: null answers no pings; `ahead_ms`: what it says is wrong by that; `slow_ms`: pings are that long on their way. */
  constructor({name = 'rover-7', cameras = ['front'], codec = 'video/H264', stamp = true, size, clock = {}, server = location.host} = {}) {
    this.name = name;
    this.clock = clock;
    /** When each ping came. */
    this.pings = [];
    this.codec = codec;
    this.server = server;
    this.cameras = cameras.map((camera, index) => new Camera(camera, index, {stamp, ...size}));
    this.sessions = new Map();
    this.tokens = new Map();
    this.frozen = false;
    /** What the last viewer that said so looks at. */
    this.watched = null;
    /** It sends what it sent before, in new sessions too, whatever it is told to. */
    this.deaf = false;
    this.restarts = 0;
    this.timer = setInterval(() => this.frozen || this.cameras.forEach((camera) => camera.next()), 1000 / FPS);
    this.connect();
  }

  connect() {
    this.socket = new WebSocket(`ws://${this.server}/ws`);
    this.socket.onopen = () => this.send({
      type: 'setPeerStatus', roles: ['producer'], resume: [...this.tokens.values()],
      meta: {name: this.name, cameras: this.cameras.map(({name}) => ({name})), bigfoot: '0.1.0'},
    });
    this.socket.onmessage = ({data}) => void this.received(JSON.parse(data));
    this.socket.onclose = () => {
      this.retry = setTimeout(() => this.connect(), 200);
    };
  }

  /** Signaling only: the media goes on. */
  leaveSignaling() {
    this.socket.onclose = null;
    this.socket.close();
  }

  send(message) {
    if (this.socket.readyState === 1) this.socket.send(JSON.stringify(message));
  }

  async received(message) {
    if (message.type === 'startSession') {
      this.tokens.set(message.sessionId, message.resumeToken);
      const peer = this.open(message.sessionId);
      if (message.channels && this.clock) this.answerPings(peer);
      return this.unlessClosed(peer, this.offer(message.sessionId, peer));
    }
    const peer = this.sessions.get(message.sessionId);
    if (message.type.startsWith('endSession')) return this.end(message.sessionId);
    if (message.type !== 'peer' || !peer) return undefined;
    if (message.restart) {
      this.restarts++;
      return this.unlessClosed(peer, this.restart(message.sessionId, peer));
    }
    if (message.watch) return this.watch(peer, message.watch);
    if (message.sdp?.type === 'answer') return this.unlessClosed(peer, this.answered(message.sessionId, peer, message.sdp));
    if (message.ice) return peer.addIceCandidate(message.ice).catch(() => {});
    return undefined;
  }

  open(sessionId) {
    const peer = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
    this.sessions.set(sessionId, peer);
    peer.onicecandidate = ({candidate}) => this.send({
      type: 'peer', sessionId, ice: {candidate: candidate?.candidate ?? '', sdpMLineIndex: candidate?.sdpMLineIndex ?? 0},
    });
    const codecs = RTCRtpSender.getCapabilities('video').codecs.filter(({mimeType}) => mimeType === this.codec || mimeType === 'video/rtx');
    for (const {name, track, stream} of this.cameras) {
      const transceiver = peer.addTransceiver(track, {direction: 'sendonly', streams: [stream]});
      transceiver.setCodecPreferences(codecs);
      transceiver.setHeaderExtensionsToNegotiate(transceiver.getHeaderExtensionsToNegotiate().map((extension) => (
        extension.uri.endsWith('abs-capture-time') ? {...extension, direction: 'sendrecv'} : extension)));
      void this.change(peer, transceiver.sender, (parameters) => {
        parameters.degradationPreference = 'maintain-resolution';
        parameters.encodings[0].maxBitrate = 2500000;
        if (this.deaf && this.watched) parameters.encodings[0].active = this.watched.includes(name);
      });
    }
    return peer;
  }

  answerPings(peer) {
    peer.createDataChannel('', {negotiated: true, id: 1000}); // says nothing: it makes the offer have a place for channels
    peer.ondatachannel = ({channel}) => {
      if (channel.label !== 'clock') return channel.close();
      channel.binaryType = 'arraybuffer';
      channel.onmessage = ({data}) => setTimeout(() => this.pong(channel, new DataView(data)), this.clock.slow_ms ?? 0);
      return undefined;
    };
  }

  /** Other questions it does not know. */
  pong(channel, ping) {
    if (ping.getUint8(0) !== 1) return;
    const now = performance.timeOrigin + performance.now();
    this.pings.push(now);
    const time = BigInt(Math.round((now + (this.clock.ahead_ms ?? 0)) * 1000));
    const pong = new DataView(new ArrayBuffer(21));
    pong.setUint8(0, 2);
    pong.setUint32(1, ping.getUint32(1));
    pong.setBigUint64(5, time);
    pong.setBigUint64(13, time);
    if (channel.readyState === 'open') channel.send(pong);
  }

  /** A browser refuses parameters that were read before a description was set: until it takes them. */
  async change(peer, sender, edit) {
    while (peer.signalingState !== 'closed') {
      const parameters = sender.getParameters();
      edit(parameters);
      const taken = await sender.setParameters(parameters).then(() => true, () => false);
      if (taken) return;
      await new Promise((later) => setTimeout(later, 10));
    }
  }

  /** Like the real one: what is not watched is not sent, and comes back with a key frame. */
  watch(peer, names) {
    this.unheard = this.deaf ? [peer, names] : null;
    if (this.deaf) return;
    this.watched = names;
    peer.getSenders().forEach((sender, at) => void this.change(peer, sender, (parameters) => {
      parameters.encodings[0].active = this.watched.includes(this.cameras[at].name);
    }));
  }

  /** What was said while it was deaf to it. */
  hear() {
    this.deaf = false;
    if (this.unheard) this.watch(...this.unheard);
  }

  /** A viewer may leave at any moment of a negotiation: what a closed peer refuses is no fault. */
  async unlessClosed(peer, work) {
    await work.catch((error) => {
      if (peer.signalingState !== 'closed') throw error;
    });
  }

  /** One offer at a time: an answer belongs to the last one. */
  async restart(sessionId, peer) {
    peer.restartIce();
    if (peer.signalingState === 'stable') await this.offer(sessionId, peer);
    else peer.owesOffer = true;
  }

  async answered(sessionId, peer, answer) {
    await peer.setRemoteDescription(answer);
    if (!peer.owesOffer) return;
    peer.owesOffer = false;
    await this.offer(sessionId, peer);
  }

  async offer(sessionId, peer) {
    await peer.setLocalDescription();
    this.send({type: 'peer', sessionId, sdp: {type: 'offer', sdp: peer.localDescription.sdp}});
  }

  end(sessionId) {
    this.sessions.get(sessionId)?.close();
    this.sessions.delete(sessionId);
    this.tokens.delete(sessionId);
  }

  /** As a lost network does: no more packets, no goodbye, signaling gone too when asked for. */
  silence() {
    for (const peer of this.sessions.values()) peer.close();
    this.sessions.clear();
    this.tokens.clear();
  }

  stop() {
    clearInterval(this.timer);
    clearTimeout(this.retry);
    this.leaveSignaling();
    this.silence();
  }
}

/** A yard at dusk in flat shapes: moving, cheap, and good enough to look at. */
function drawScene(context, width, height, seconds, index) {
  const horizon = height * 0.46;
  const [sky, ground, far] = [['#8fa3ad', '#4c5148', '#5d6a66'], ['#a79a8c', '#57524a', '#6e655c'], ['#7d8fa3', '#4a4d55', '#5a6272']][index % 3];
  context.fillStyle = sky;
  context.fillRect(0, 0, width, horizon);
  context.fillStyle = ground;
  context.fillRect(0, horizon, width, height);
  context.fillStyle = far;
  for (let i = -1; i < 9; i++) {
    const x = ((i * 190 - seconds * 14) % 1710) + (i < 0 ? 0 : 0);
    const tall = 60 + ((i * 67 + 340) % 110);
    context.fillRect((x * width) / 1280, horizon - (tall * height) / 720, (130 * width) / 1280, (tall * height) / 720);
  }
  const vanish = width / 2 + Math.sin(seconds / 3) * width * 0.06;
  context.fillStyle = '#6d6f6b';
  context.beginPath();
  context.moveTo(vanish - 8, horizon);
  context.lineTo(vanish + 8, horizon);
  context.lineTo(width * 0.86, height);
  context.lineTo(width * 0.14, height);
  context.fill();
  context.fillStyle = '#d8cfae';
  for (let i = 0; i < 9; i++) {
    const near = ((i + seconds * 1.6) % 9) / 9;
    const [from, to] = [near ** 3, Math.min(1, (near + 0.05) ** 3)];
    const x = (t) => vanish + (width / 2 - vanish) * t;
    const y = (t) => horizon + (height - horizon) * t;
    context.beginPath();
    context.moveTo(x(from) - 2 - 10 * from, y(from));
    context.lineTo(x(from) + 2 + 10 * from, y(from));
    context.lineTo(x(to) + 2 + 10 * to, y(to));
    context.lineTo(x(to) - 2 - 10 * to, y(to));
    context.fill();
  }
  context.fillStyle = '#2f3230';
  context.font = `600 ${Math.round(height / 24)}px ui-monospace, monospace`;
  context.fillText(new Date().toISOString().slice(11, 21), width * 0.82, height * 0.95);
}

/** docs/stamp.md */
function drawStamp(context, width, frame) {
  const bytes = new Uint8Array(16);
  const view = new DataView(bytes.buffer);
  const drawn = BigInt(Math.round((performance.timeOrigin + performance.now()) * 1000));
  bytes[0] = 0xb6;
  view.setUint32(1, frame);
  view.setBigUint64(5, drawn);
  view.setUint16(14, crc16(bytes.subarray(1, 14)));
  context.fillStyle = '#000';
  context.fillRect(0, 0, width, Math.ceil((3 * width) / 80));
  context.fillStyle = '#fff';
  for (let bit = 0; bit < 128; bit++) {
    if (!((bytes[bit >> 3] >> (7 - (bit & 7))) & 1)) continue;
    const [row, column] = [Math.floor(bit / COLUMNS), bit % COLUMNS];
    const left = Math.floor((width * column) / 64);
    const top = Math.floor((width * (1 + 5 * row)) / 320);
    context.fillRect(left, top, Math.floor((width * (column + 1)) / 64) - left, Math.floor((width * (6 + 5 * row)) / 320) - top);
  }
}

function crc16(bytes) {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? ((crc << 1) ^ 0x1021) & 0xffff : (crc << 1) & 0xffff;
  }
  return crc;
}

window.startRobot = (options) => {
  window.robot = new Robot(options);
  return window.robot.name;
};
