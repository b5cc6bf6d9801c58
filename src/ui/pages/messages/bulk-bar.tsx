/** What can be done with the messages that are chosen. */
import { useEffect, useState } from 'preact/hooks';
import { ConfirmButton } from '../../components/confirm-button.tsx';
import { useAction } from '../../use-action.ts';
import { t } from '../../words/words.ts';
import type { Conditions } from './filters.ts';
import type { Chosen } from './message-table.tsx';
import { countFor, MOST_COUNTED, runVerb, VERBS, type Verb } from './verbs.ts';

export function BulkBar(props: {
  readonly chosen: Chosen;
  readonly conditions: Conditions;
  readonly onChoose: (chosen: Chosen) => void;
  readonly onDone: () => void;
}) {
  const { chosen, conditions, onChoose, onDone } = props;
  const some = chosen.all || chosen.ids.size > 0;
  return (
    <section class="bulk" aria-label={t('messages.actions')}>
      <p role="status">
        {chosen.all ? t('messages.chosenAll') : some ? t('messages.chosen', { count: chosen.ids.size }) : ''}
      </p>
      {some && (
        <div class="buttons">
          {VERBS.map((verb) => (
            <VerbButton key={verb} verb={verb} chosen={chosen} conditions={conditions} onDone={onDone} />
          ))}
          {!chosen.all && (
            <button type="button" class="quiet" onClick={() => onChoose({ all: true, ids: new Set() })}>
              {t('messages.chooseAll')}
            </button>
          )}
          <button type="button" class="quiet" onClick={() => onChoose({ all: false, ids: new Set() })}>
            {t('messages.chooseNone')}
          </button>
        </div>
      )}
    </section>
  );
}

function VerbButton(props: {
  readonly verb: Verb;
  readonly chosen: Chosen;
  readonly conditions: Conditions;
  readonly onDone: () => void;
}) {
  const { verb, chosen, conditions, onDone } = props;
  const action = useAction(async (signal) => {
    const answer = await runVerb(verb, chosen.all ? { conditions } : { ids: [...chosen.ids] }, { signal });
    onDone();
    return answer;
  });
  const count = chosen.ids.size;
  return (
    <ConfirmButton
      action={action}
      needs="messages.act"
      look={verb === 'delete' ? 'danger' : 'plain'}
      question={
        chosen.all ? (
          <>
            {t(`messages.ask-${verb}-all`)} <CountedAll verb={verb} conditions={conditions} />
          </>
        ) : (
          t(`messages.ask-${verb}`, { count })
        )
      }
      confirm={chosen.all ? t(`messages.do-${verb}-all`) : t(`messages.do-${verb}`, { count })}
    >
      {t(`messages.${verb}`)}
    </ConfirmButton>
  );
}

/** How many all of them are. */
function CountedAll({ verb, conditions }: { readonly verb: Verb; readonly conditions: Conditions }) {
  const [count, setCount] = useState<number | 'many' | undefined>(undefined);
  useEffect(() => {
    const gone = new AbortController();
    countFor(verb, conditions, gone.signal).then(
      (counted) => setCount(counted ?? 'many'),
      // The question stands without it; doing it will say what is wrong.
      () => undefined,
    );
    return () => gone.abort();
  }, [verb]);
  if (count === undefined) return <>{t('messages.counting')}</>;
  return (
    <>
      {count === 'many' ? t('messages.aboutMany', { count: MOST_COUNTED }) : t('messages.about', { count })}
    </>
  );
}
