import assert from 'node:assert/strict';
import {test} from 'node:test';

import {SenderStages} from '../../../web/js/sender_stages.js';

test('the robot is asked about once a second, and the latest answer holds for five', () => {
  const stages = new SenderStages();
  assert.equal(stages.before(0, 0), null);
  assert.equal(stages.ask(0), 1);
  assert.equal(stages.ask(125), null);
  stages.told({id: 1, before_ms: new Map([[0, 5], [2, 7]])}, 130);
  assert.deepEqual([0, 1, 2].map((mLine) => stages.before(mLine, 200)), [5, null, 7]);
  assert.equal(stages.ask(999), 2);
  stages.told({id: 1, before_ms: new Map([[0, 50]])}, 1000);
  stages.told(null, 1000);
  assert.equal(stages.before(0, 1000), 5, 'late answers and other messages change nothing');
  assert.equal(stages.before(0, 5130), 5);
  assert.equal(stages.before(0, 5131), null);
});
