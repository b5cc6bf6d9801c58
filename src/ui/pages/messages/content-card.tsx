/** What a message says, in several ways. Everything in it was written by a stranger: text stays text, HTML stays in its frame. */
import { useState } from 'preact/hooks';
import type { Message } from '../../../admin/contract.ts';
import type { MessageContent } from '../../../admin/contract-messages.ts';
import { getText } from '../../api.ts';
import { Card } from '../../components/card.tsx';
import { CodeBlock } from '../../components/code-block.tsx';
import { type Column, DataTable } from '../../components/data-table.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Notice } from '../../components/notice.tsx';
import { SizeText } from '../../components/size-text.tsx';
import { useMay } from '../../session.ts';
import { useAction } from '../../use-action.ts';
import { useQuery } from '../../use-query.ts';
import { t } from '../../words/words.ts';
import { HeaderFields } from './header-fields.tsx';
import { shown, shownLines } from './shown.ts';

const VIEWS = ['html', 'text', 'headers', 'parts', 'raw'] as const;
type View = (typeof VIEWS)[number];

/** A larger raw message is only given as a file, in bytes. */
const MOST_RAW = 256 * 1024;

export function ContentCard({ message }: { readonly message: Message }) {
  const mayRead = useMay('messages.content');
  const query = useQuery<MessageContent>(
    mayRead && message.hasContent ? `/api/v1/messages/${message.id}/content` : undefined,
  );
  if (!mayRead) {
    return (
      <Card title={t('messages.content')}>
        <EmptyState title={t('messages.mayNotRead')} />
      </Card>
    );
  }
  if (!message.hasContent || query.error?.code === 'not-found') {
    return (
      <Card title={t('messages.content')}>
        <EmptyState title={t('messages.contentGone')}>{t('messages.contentGoneHow')}</EmptyState>
      </Card>
    );
  }
  return (
    <Card title={t('messages.content')}>
      <Loaded query={query} lines={12}>
        {(content) => <Views message={message} content={content} />}
      </Loaded>
    </Card>
  );
}

function Views({ message, content }: { readonly message: Message; readonly content: MessageContent }) {
  const [chosen, setChosen] = useState<View>();
  const views = VIEWS.filter((view) => view !== 'html' || content.hasHtml);
  const view = chosen ?? (content.hasHtml ? 'html' : 'text');
  return (
    <>
      <div class="views" role="group" aria-label={t('messages.views')}>
        {views.map((each) => (
          <button
            key={each}
            type="button"
            class="quiet"
            aria-pressed={each === view}
            onClick={() => setChosen(each)}
          >
            {t(`messages.view-${each}`)}
            {each === 'parts' && content.parts.length > 0 && (
              <span class="count">{content.parts.length}</span>
            )}
          </button>
        ))}
      </div>
      {content.incomplete && <Notice kind="warning">{t('messages.incomplete')}</Notice>}
      <Shown view={view} message={message} content={content} />
    </>
  );
}

function Shown(props: { readonly view: View; readonly message: Message; readonly content: MessageContent }) {
  const { view, message, content } = props;
  switch (view) {
    case 'html':
      return (
        <>
          <p class="hint">{t('messages.htmlNote')}</p>
          {/* Without a word in `sandbox`: no scripts, no forms, no windows. */}
          <iframe
            class="message-html"
            title={t('messages.htmlFrame')}
            src={`/api/v1/messages/${message.id}/html`}
            sandbox=""
            referrerpolicy="no-referrer"
          />
        </>
      );
    case 'text':
      return content.text === undefined || content.text.trim() === '' ? (
        <EmptyState title={t('messages.noText')} />
      ) : (
        <pre class="message-text" role="group" aria-label={t('messages.view-text')} tabIndex={0} dir="auto">
          {shownLines(content.text.trimEnd())}
        </pre>
      );
    case 'headers':
      return <HeaderFields content={content} sender={message.envelope.sender} />;
    case 'parts':
      return (
        <DataTable
          caption={t('messages.view-parts')}
          columns={partColumns(message.id)}
          rows={content.parts}
          rowKey={({ number }) => String(number)}
          empty={<EmptyState title={t('messages.noParts')} />}
        />
      );
    case 'raw':
      return <Raw message={message} />;
  }
}

type Part = MessageContent['parts'][number];

function partColumns(id: string): readonly Column<Part>[] {
  return [
    {
      key: 'file',
      head: t('messages.file'),
      cell: ({ number, fileName, inline }) => (
        <>
          <bdi>
            {fileName === undefined ? t('messages.unnamed', { number: number + 1 }) : shown(fileName)}
          </bdi>
          {inline && <span class="beneath">{t('messages.inline')}</span>}
        </>
      ),
    },
    { key: 'type', head: t('messages.type'), cell: ({ contentType }) => shown(contentType) },
    { key: 'size', head: t('messages.size'), number: true, cell: ({ size }) => <SizeText bytes={size} /> },
    {
      key: 'download',
      head: t('messages.download'),
      cell: ({ number, fileName }) => (
        <a class="button" href={`/api/v1/messages/${id}/parts/${number}`} download>
          {t('messages.download')}
          <span class="hidden"> {fileName ?? t('messages.unnamed', { number: number + 1 })}</span>
        </a>
      ),
    },
  ];
}

function Raw({ message }: { readonly message: Message }) {
  const path = `/api/v1/queue/${message.id}/content`;
  const [text, setText] = useState<string>();
  const show = useAction(async (signal) => {
    setText(shownLines((await getText(path, { signal })).replaceAll('\r\n', '\n')));
  });
  if (message.size <= MOST_RAW && text === undefined && !show.busy && show.error === undefined)
    void show.run();
  return (
    <>
      <p>
        <a class="button" href={path} download={`${message.id}.eml`}>
          {t('messages.saveRaw')}
        </a>
      </p>
      {message.size > MOST_RAW && <p>{t('messages.rawTooLarge')}</p>}
      {text !== undefined && <CodeBlock text={text} label={t('messages.raw')} />}
    </>
  );
}
