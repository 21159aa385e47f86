import { findAgent } from '../../support/run-agent.ts';
import { describeAgent } from './describe-agent.ts';

const cline = findAgent('cline');

describeAgent('Cline', cline !== null, {
  tool: 'cline',
  async run(place, [auth = ''], task) {
    const [, ...words] = auth.split(' ');
    const known = await place.run(cline ?? '', words, {});
    return known.code === 0 ? await place.run(cline ?? '', [task], {}) : known;
  },
  read: (path) => ({ name: 'read_files', arguments: { files: [{ path }] } }),
  edit: (path) => ({ name: 'editor', arguments: { path, old_text: 'world', new_text: 'Rome' } }),
  overflow: { compacts: true, says: /overflow-recovery-compacted[\s\S]*Rome now/ },
});
