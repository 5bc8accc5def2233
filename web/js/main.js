// The page: one signaling socket, one view at a time. Links between views are followed without a new document, so that
// the socket stays.

import {Fleet} from './fleet.js';
import {base, placeOf, socketUrl} from './place.js';
import {Signaling} from './signaling.js';
import {Viewer} from './viewer.js';

/** @type {Fleet | Viewer} */
let view;
/** @type {string[] | null} of the server while the socket is up */
let features = null;

const signaling = new Signaling({
  url: socketUrl(location),
  resumeTokens: () => view.resumeTokens(),
  onUp(given) {
    features = given;
    view.up(given);
  },
  onDown() {
    features = null;
    view.down();
  },
  onMessage: (message) => view.message(message),
});

function open() {
  view?.stop();
  signaling.disown();
  const place = placeOf(location.pathname);
  view = place.robot ? new Viewer(place, signaling) : new Fleet();
  document.getElementById('app')?.replaceChildren(view.root);
  if (!features) return;
  view.up(features);
  signaling.send({type: 'list'});
}

open();
signaling.start();

addEventListener('popstate', open);
addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  const plain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || link.download || link.origin !== location.origin || !link.pathname.startsWith(base)) return;
  event.preventDefault();
  history.pushState(null, '', link.href);
  open();
});
addEventListener('keydown', (event) => {
  const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
  if (!typing && !event.ctrlKey && !event.metaKey && !event.altKey && !event.repeat) view.key(event);
});
addEventListener('online', () => network(true));
addEventListener('offline', () => network(false));
const connection = /** @type {EventTarget | undefined} */ (Reflect.get(navigator, 'connection'));
connection?.addEventListener('change', () => linkChanged());
document.addEventListener('visibilitychange', () => view.visibility());
// A page that goes into the back-forward cache keeps its socket and its session open for nobody.
addEventListener('pagehide', () => view.stop());
addEventListener('pageshow', (event) => event.persisted && location.reload());

/** @param {boolean} back */
function network(back) {
  view.network(back);
  if (back && view instanceof Fleet) signaling.reconnect();
}

/** `change` also fires when only the browser's guess of the speed moves: the kind of link must differ. */
let kind = linkKind();
function linkChanged() {
  if (linkKind() === kind) return;
  kind = linkKind();
  if (navigator.onLine) network(true);
}

function linkKind() {
  return connection ? Reflect.get(connection, 'type') : undefined;
}
