/** What can be done with one message; what is held goes to the person who looks at it first, and then to its recipients. */
import { useState } from 'preact/hooks';
import type { Message, UpstreamAnswer } from '../../../admin/contract.ts';
import { send } from '../../api.ts';
import { ActionButton } from '../../components/action-button.tsx';
import { Card } from '../../components/card.tsx';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { Form } from '../../components/form.tsx';
import { Loading } from '../../components/loading.tsx';
import { SelectField } from '../../components/select-field.tsx';
import { TextField } from '../../components/text-field.tsx';
import { useMay, useSession } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { shown } from './shown.ts';
import { MAY, runVerb, type Verb } from './verbs.ts';

interface Props {
  readonly message: Message;
  readonly onDone: () => void;
}

/** Recipients that a question names. */
const NAMED = 5;

export function MessageActions({ message, onDone }: Props) {
  const held = message.state === 'held';
  const { data, loading } = useQuery<{ upstreams: readonly UpstreamAnswer[] }>('/api/v1/upstreams', {
    topics: ['settings'],
  });
  const ways = (data?.upstreams ?? []).filter(({ kind }) => kind !== 'test-relay').map(({ name }) => name);
  const [upstream, setUpstream] = useState('');
  const chosen = upstream !== '' ? upstream : usualWay(message, ways);
  const verb = (name: Verb, looks: 'plain' | 'danger', word: string, question?: string, confirm?: string) =>
    MAY[name].includes(message.state) && (
      <VerbAction name={name} look={looks} word={word} {...{ message, onDone, question, confirm }} />
    );
  const others = (
    <div class="buttons">
      {verb('retry', 'plain', t('messages.retryOne'))}
      {verb('hold', 'plain', t('messages.holdOne'))}
      {verb('delete', 'danger', t('messages.deleteOne'), t('messages.deleteAsk'), t('messages.deleteDo'))}
    </div>
  );
  const way = ways.length > 1 && (
    <SelectField
      label={t('messages.throughUpstream')}
      value={chosen}
      choices={[
        ...(isByTestRelay(message) ? [] : [{ value: '', label: t('messages.routesChoose') }]),
        ...ways.map((name) => ({ value: name, label: name })),
      ]}
      onChange={setUpstream}
    />
  );
  if (loading) {
    return (
      <Card>
        <Loading lines={held ? 9 : 2} />
      </Card>
    );
  }
  if (!held) {
    const over = message.state === 'delivered' || message.state === 'deleted';
    // What is not kept can neither be sent again nor copied.
    if (over && !message.hasContent) return null;
    return (
      <Card>
        {over ? null : others}
        {message.hasContent && <CopyForm message={message} upstream={chosen} ways={ways} folded />}
      </Card>
    );
  }
  return (
    <Card>
      {way}
      <div class="held-actions">
        <CopyForm message={message} upstream={chosen} ways={ways} />
        <Release message={message} upstream={chosen} ways={ways} onDone={onDone} />
      </div>
      {others}
    </Card>
  );
}

/** What the test relay holds goes nowhere by its routes: the only other way is meant then. */
function usualWay(message: Message, ways: readonly string[]): string {
  return isByTestRelay(message) ? (ways[0] ?? '') : '';
}

function isByTestRelay({ recipients }: Message): boolean {
  return recipients.some(({ state }) => state === 'held');
}

function CopyForm(props: {
  readonly message: Message;
  readonly upstream: string;
  readonly ways: readonly string[];
  readonly folded?: boolean;
}) {
  const { message, upstream, ways, folded = false } = props;
  const email = useSession()?.user.email;
  const mayRead = useMay('messages.content');
  const [to, setTo] = useState(email ?? '');
  const copy = useAction(async (signal) => {
    const body = { to, ...(upstream === '' ? {} : { upstream }) };
    const { id } = await send<{ id: string }>('POST', `/api/v1/queue/${message.id}/copy`, body, { signal });
    return (
      <>
        {t('messages.copySent')} <a href={`/messages/${id}`}>{t('messages.theCopy')}</a>
      </>
    );
  });
  const form = (
    <Form action={copy}>
      <p>{t('messages.sendToMeWhy')}</p>
      <TextField
        label={t('messages.toAddress')}
        type="email"
        path="to"
        autocomplete="email"
        value={to}
        onChange={setTo}
      />
      <ActionButton
        action={copy}
        submit
        look={folded ? 'plain' : 'main'}
        needs={mayRead ? 'messages.act' : 'messages.content'}
        disabled={ways.length === 0 && t('messages.needsUpstream')}
      >
        {t('messages.sendCopy')}
      </ActionButton>
    </Form>
  );
  if (folded) {
    return (
      <details>
        <summary>{t('messages.sendToMe')}</summary>
        <div class="disclosed">{form}</div>
      </details>
    );
  }
  return (
    <section>
      <h2>{t('messages.sendToMe')}</h2>
      {form}
    </section>
  );
}

function Release(props: Props & { readonly upstream: string; readonly ways: readonly string[] }) {
  const { message, upstream, ways, onDone } = props;
  const waiting = message.recipients.filter(({ state }) => state === 'pending' || state === 'held');
  const release = useAction(async (signal) => {
    const answer = await runVerb('release', { ids: [message.id] }, { upstream, signal });
    onDone();
    return answer;
  });
  const named = waiting.slice(0, NAMED).map(({ address }) => shown(address));
  const list = named.join(', ');
  const more = waiting.length - named.length;
  const recipients = more > 0 ? t('messages.recipientsMore', { list, count: more }) : list;
  return (
    <section>
      <h2>{t('messages.releaseTitle')}</h2>
      <p>{t('messages.releaseWhy')}</p>
      <ConfirmButton
        action={release}
        needs="messages.act"
        disabled={ways.length === 0 && t('messages.needsUpstream')}
        question={t('messages.releaseAsk', { recipients })}
        confirm={t('messages.releaseDo', { count: waiting.length })}
      >
        {t('messages.releaseButton')}
      </ConfirmButton>
    </section>
  );
}

function VerbAction(
  props: Props & {
    readonly name: Verb;
    readonly look: 'plain' | 'danger';
    readonly word: string;
    readonly question: string | undefined;
    readonly confirm: string | undefined;
  },
) {
  const { message, onDone, name, look, word, question, confirm } = props;
  const action = useAction(async (signal) => {
    const answer = await runVerb(name, { ids: [message.id] }, { signal });
    onDone();
    return answer;
  });
  if (question === undefined) {
    return (
      <ActionButton action={action} look={look} needs="messages.act">
        {word}
      </ActionButton>
    );
  }
  return (
    <ConfirmButton action={action} look={look} needs="messages.act" question={question} confirm={confirm}>
      {word}
    </ConfirmButton>
  );
}
