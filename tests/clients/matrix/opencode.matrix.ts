import { join } from 'node:path';
import { variablesOf } from '../../support/connect-settings.ts';
import { findAgent, putFile } from '../../support/run-agent.ts';
import { describeAgent } from './describe-agent.ts';

const opencode = findAgent('opencode');

describeAgent('opencode', opencode !== null, {
  tool: 'opencode',
  run(place, [json = '', shell], task) {
    putFile(join(place.home, '.config/opencode/opencode.json'), json);
    return place.run(opencode ?? '', ['run', task], variablesOf(shell));
  },
  read: (filePath) => ({ name: 'read', arguments: { filePath } }),
  edit: (filePath) => ({ name: 'edit', arguments: { filePath, oldString: 'world', newString: 'Rome' } }),
  overflow: { compacts: true, says: /Rome now/ },
});
