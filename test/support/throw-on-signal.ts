/** Loaded into a Postern that is to die of a fault: at SIGUSR2 it throws what a library might, with what it had been given. */
import { readFileSync } from 'node:fs';

process.on('SIGUSR2', () => {
  const secret = readFileSync(process.env['POSTERN_TEST_FAULT'] ?? '', 'utf8');
  const request = { headers: { authorization: `Bearer ${secret}` }, body: `client_secret=${secret}` };
  const fault = new Error('a planted fault');
  const cause = Object.assign(fault, { request, config: { data: secret }, response: { request } });
  setImmediate(() => {
    throw Object.assign(new Error('a planted fault around it', { cause }), { options: request });
  });
});
