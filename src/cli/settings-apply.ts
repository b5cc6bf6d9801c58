import { appliedSchema, settingsAnswerSchema, validationSchema } from '../admin/contract-settings.ts';
import { createClient } from './client.ts';
import { type Command, wholeNumber } from './command.ts';
import { jsonFlag, nodeFlags } from './node-flags.ts';
import { safeJson } from './output.ts';
import { printFaults } from './print-faults.ts';
import { readTypedDocument } from './typed-document.ts';

export const settingsApply: Command = {
  flags: {
    'dry-run': { help: 'Only check' },
    'if-revision': { value: 'N', help: 'Only when revision N is in force still' },
    ...jsonFlag,
    ...nodeFlags,
  },
  positionals: [1, 1],
  details:
    'YAML or JSON. The whole document is replaced, at once and without a restart; with faults nothing changes.',
  async run(typed) {
    const [file = ''] = typed.positionals;
    const { value, locate, located } = await readTypedDocument(file, 'nothing was changed');
    const client = createClient(typed);
    const given = typed.text('if-revision');
    const revision =
      given === undefined
        ? (await client.ask('/api/v1/settings', settingsAnswerSchema)).revision
        : wholeNumber(given, '--if-revision', 1, 2 ** 31);
    const dryRun = typed.on('dry-run');
    const options = { method: 'PUT', body: value, headers: { 'If-Match': `"${revision}"` } } as const;
    const { json } = await client
      .request(`/api/v1/settings${dryRun ? '?dryRun=true' : ''}`, options)
      .catch((error: unknown) => {
        throw located(error);
      });
    const { out, err } = typed.terminal;
    if (typed.on('json')) out(`${safeJson(json)}\n`);
    const { warnings } = (dryRun ? validationSchema : appliedSchema).parse(json);
    if (warnings.length > 0) {
      err('Worth a second look:\n');
      printFaults(warnings.map(plain).map(locate), err);
    }
    if (!typed.on('json'))
      out(
        dryRun
          ? 'No faults; nothing was changed.\n'
          : `Revision ${appliedSchema.parse(json).revision} is in force.\n`,
      );
    return 0;
  },
};

function plain({ path, message, remedy }: { path: string; message: string; remedy?: string | undefined }) {
  return { path, message, ...(remedy === undefined ? {} : { remedy }) };
}
