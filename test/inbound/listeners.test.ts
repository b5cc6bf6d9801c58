import { createServer, type Server } from 'node:net';
import { expect } from 'chai';
import { makeSelfSigned } from '../support/certificates.ts';
import { oneListener, prepareInbound, startInbound, type TestInbound } from '../support/inbound.ts';
import { SmtpClient } from '../support/smtp-client.ts';
import { until } from '../support/until.ts';

describe('listeners', () => {
  let test: TestInbound | undefined;
  let other: Server | undefined;
  const clients: SmtpClient[] = [];

  async function ready(name?: string): Promise<SmtpClient> {
    const client = await SmtpClient.ready(test?.port(name) ?? 0);
    clients.push(client);
    return client;
  }

  async function takenPort(): Promise<number> {
    const server = createServer();
    other = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (typeof address !== 'object' || address === null) throw new Error('no address');
    return address.port;
  }

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await test?.stop();
    test = undefined;
    other?.close();
    other = undefined;
  });

  it('say name, address, port, cause and remedy when one cannot be opened, and leave nothing open', async () => {
    const port = await takenPort();
    const prepared = prepareInbound({
      listeners: [
        { name: 'good', port: 0 },
        { name: 'appliances', port },
      ],
    });
    const error = await prepared.inbound.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).to.have.property('code', 'configuration');
    expect(String(error)).to.include('appliances').and.include(`127.0.0.1:${port}`).and.include('EADDRINUSE');
    expect(error).to.have.property('hint').that.includes('another port');
    expect(prepared.inbound.addresses().every(({ open }) => !open)).to.equal(true);
  });

  it('name a missing address', async () => {
    const prepared = prepareInbound({ listeners: [{ name: 'far', address: '192.0.2.1', port: 0 }] });
    const error = await prepared.inbound.start().then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(String(error)).to.include('EADDRNOTAVAIL');
    expect(error).to.have.property('hint').that.includes('interface');
  });

  it('follow the settings: open what is new, close what is gone, change the rest in place', async () => {
    test = await startInbound({
      listeners: [
        { name: 'a', port: 0 },
        { name: 'b', port: 0, maxMessageSize: '1 KiB' },
      ],
    });
    const onA = await ready('a');
    const onB = await ready('b');
    const portB = test.port('b');
    test.change({
      listeners: [
        { name: 'b', port: 0, maxMessageSize: '2 KiB' },
        { name: 'c', port: 0 },
      ],
    });
    await until(
      () => test?.inbound.addresses().some(({ name, open }) => name === 'c' && open) ?? false,
      'c is open',
    );
    expect(test.inbound.addresses().map(({ name }) => name)).to.have.members(['b', 'c']);
    expect((await onA.reply()).text, 'an idle client of a closed listener').to.match(/^421 4\.3\.2 /);
    await onA.closed();
    expect(test.port('b')).to.equal(portB);
    expect((await onB.ask('EHLO x')).text).to.include('SIZE 2048');
    expect((await (await ready('c')).ask('NOOP')).code).to.equal(250);
  });

  it('let a transaction finish when their listener is closed', async () => {
    test = await startInbound({ listeners: [{ name: 'a', port: 0 }] });
    const client = await ready('a');
    await client.ask('MAIL FROM:<>');
    await client.ask('RCPT TO:<c@d.example>');
    test.change({ listeners: [{ name: 'b', port: 0 }] });
    await until(
      () => test?.inbound.addresses().some(({ name, open }) => name === 'b' && open) ?? false,
      'b is open',
    );
    expect((await client.ask('DATA')).code).to.equal(354);
    expect((await client.ask('Subject: x\r\n\r\n.')).code).to.equal(250);
    await client.closed();
  });

  it('put new policy in force for connections that are open', async () => {
    test = await startInbound();
    const client = await ready();
    expect((await client.message('', ['c@d.example'], 'x')).code).to.equal(250);
    test.change(oneListener({}, { clients: [{ name: 'x', networks: ['10.0.0.0/8'] }] }));
    await new Promise(setImmediate);
    expect((await client.message('', ['c@d.example'], 'x')).enhanced).to.equal('5.7.1');
  });

  it('report a listener that cannot be opened while running, and keep the others', async () => {
    test = await startInbound();
    const client = await ready();
    const port = await takenPort();
    test.change({
      listeners: [
        { name: 'door', port: 0 },
        { name: 'new', port },
      ],
    });
    await until(
      () => test?.inbound.addresses().some(({ failure }) => failure?.includes('EADDRINUSE')) ?? false,
      'it is reported',
    );
    expect(test.logged.filter(({ level }) => level === 'error')).to.have.length(1);
    expect((await client.ask('NOOP')).code).to.equal(250);
  });

  it('stay open as they are while the certificate that they shall have is missing, and change when it comes', async () => {
    test = await startInbound();
    const client = await ready();
    test.change(oneListener({ security: 'starttls', certificate: 'typo' }));
    await until(
      () => test?.inbound.addresses().some(({ failure }) => failure?.includes('no certificate')) ?? false,
      'it is reported',
    );
    expect(test.inbound.addresses().map(({ open }) => open)).to.deep.equal([true]);
    expect((await client.ask('NOOP')).code).to.equal(250);
    expect((await (await ready()).ask('EHLO x')).text).not.to.include('STARTTLS');
    test.setCertificate('typo', await makeSelfSigned());
    await until(
      () => test?.inbound.addresses().every(({ failure }) => failure === undefined) ?? false,
      'it is open with its certificate',
    );
    expect((await (await ready()).ask('EHLO x')).text).to.include('STARTTLS');
  });

  it('stop: idle clients are told, a message in flight finishes, new ones are not let in', async () => {
    test = await startInbound();
    const port = test.port();
    const idle = await ready();
    const busy = await ready();
    await busy.ask('MAIL FROM:<>');
    await busy.ask('RCPT TO:<c@d.example>');
    await busy.ask('DATA');
    const stopped = test.inbound.stop(5_000);
    expect((await idle.reply()).text).to.match(/^421 4\.3\.2 /);
    idle.destroy();
    expect((await busy.ask('Subject: x\r\n\r\n.')).code).to.equal(250);
    busy.destroy();
    await stopped;
    expect(test.queue.messages).to.have.length(1);
    const refused = await SmtpClient.open(port).then(
      () => 'let in',
      () => 'refused',
    );
    expect(refused).to.equal('refused');
    test = undefined;
  });

  it('stop within the deadline whatever clients do', async () => {
    test = await startInbound();
    const busy = await ready();
    await busy.ask('MAIL FROM:<>');
    await busy.ask('RCPT TO:<c@d.example>');
    await busy.ask('DATA');
    busy.write('Subject: x\r\n');
    await test.inbound.stop(50);
    await busy.closed();
    expect(test.queue.messages).to.deep.equal([]);
    expect(test.queue.aborted).to.equal(1);
    test = undefined;
  });
});
