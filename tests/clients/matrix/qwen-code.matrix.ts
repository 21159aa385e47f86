import { variablesOf } from '../../support/connect-settings.ts';
import { findAgent } from '../../support/run-agent.ts';
import { describeAgent } from './describe-agent.ts';

const qwen = findAgent('qwen');
// It needs Node 22, which npm has as a package.
const node = findAgent('node');

describeAgent('Qwen Code', qwen !== null && node !== null, {
  tool: 'qwen-code',
  run: (place, [shell], task) => place.run(node ?? '', [qwen ?? '', '--yolo', '-p', task], variablesOf(shell)),
  read: (file_path) => ({ name: 'read_file', arguments: { file_path } }),
  edit: (file_path) => ({ name: 'edit', arguments: { file_path, old_string: 'world', new_string: 'Rome' } }),
  overflow: { compacts: true, says: /Rome now/, summary: true },
});
