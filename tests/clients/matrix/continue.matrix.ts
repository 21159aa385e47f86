import { join } from 'node:path';
import { findAgent, putFile } from '../../support/run-agent.ts';
import { describeAgent } from './describe-agent.ts';

const cn = findAgent('cn');

describeAgent('Continue', cn !== null, {
  tool: 'continue',
  run(place, [yaml = ''], task) {
    putFile(join(place.home, '.continue/config.yaml'), yaml);
    return place.run(cn ?? '', ['-p', '--auto', task], {});
  },
  read: (filepath) => ({ name: 'Read', arguments: { filepath } }),
  edit: (file_path) => ({ name: 'Edit', arguments: { file_path, old_string: 'world', new_string: 'Rome' } }),
  overflow: { compacts: false, says: /Context length exceeded/ },
});
