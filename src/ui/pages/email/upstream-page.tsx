/** One upstream: set up, tested, saved, removed. */
import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { Preset, Presets } from '../../../admin/contract-configuration.ts';
import type { SettingsAnswer } from '../../../admin/contract-settings.ts';
import { Card } from '../../components/card.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Loaded } from '../../components/loaded.tsx';
import { Loading } from '../../components/loading.tsx';
import { Page } from '../../components/page.tsx';
import type { JsonObject } from '../../json.ts';
import { useSettings } from '../../use-settings.ts';
import { t } from '../../words/words.ts';
import { documentOf, upstreamsOf, usePresets, useUpstreams } from './configuration.ts';
import { textAt } from './json.ts';
import { LockedNotice } from './locked-notice.tsx';
import { OutOfOrder } from './out-of-order.tsx';
import { PresetCards } from './preset-cards.tsx';
import { UpstreamForm } from './upstream-form.tsx';
import { freeName, newUpstream } from './ways.ts';

/** Without a name it is a new one. */
export function UpstreamPage({ name }: { readonly name: string | undefined }) {
  const settings = useSettings();
  const presets = usePresets();
  return (
    <Page
      title={name ?? t('email.new')}
      lead={
        <a href="/email" class="back">
          {t('email.back')}
        </a>
      }
    >
      <Loaded query={settings} lines={12}>
        {(answer) => (
          <Loaded query={presets} lines={12}>
            {(offered) =>
              name === undefined ? (
                <NewUpstream answer={answer} offered={offered} settings={settings} />
              ) : (
                <SavedUpstream name={name} answer={answer} offered={offered} settings={settings} />
              )
            }
          </Loaded>
        )}
      </Loaded>
    </Page>
  );
}

interface PartProps {
  readonly answer: SettingsAnswer;
  readonly offered: Presets;
  readonly settings: ReturnType<typeof useSettings>;
}

function SavedUpstream({ name, answer, offered, settings }: PartProps & { readonly name: string }) {
  const standing = useUpstreams();
  const saved = upstreamsOf(documentOf(answer)).find((upstream) => textAt(upstream, ['name']) === name);
  if (saved === undefined) {
    return <EmptyState title={t('email.gone', { name })}>{t('email.goneHow')}</EmptyState>;
  }
  return (
    <>
      <LockedNotice settings={answer} />
      {standing.loading && <Loading lines={1} />}
      <OutOfOrder named status={standing.data?.upstreams.find((each) => each.name === name)} />
      <UpstreamForm
        draftKey={`upstream.${name}`}
        saved={saved}
        begin={saved}
        settings={settings}
        answer={answer}
        offered={offered}
      />
    </>
  );
}

/** Which one it began with is remembered beside the draft, so that a reload shows the form again. */
const CHOSEN = 'postern.new.preset';

function NewUpstream({ answer, offered, settings }: PartProps) {
  const { route } = useLocation();
  const taken = upstreamsOf(documentOf(answer)).map((upstream) => textAt(upstream, ['name']));
  const [chosen, setChosen] = useState(() =>
    offered.presets.find(({ id }) => id === sessionStorage.getItem(CHOSEN)),
  );
  const [begin, setBegin] = useState<JsonObject | undefined>(() =>
    chosen === undefined ? undefined : newUpstream(chosen, freeName(chosen.id, taken)),
  );
  const choose = (preset: Preset) => {
    sessionStorage.setItem(CHOSEN, preset.id);
    setChosen(preset);
    setBegin(newUpstream(preset, freeName(preset.id, taken)));
  };
  if (begin === undefined || chosen === undefined) {
    return (
      <>
        <LockedNotice settings={answer} />
        <Card title={t('email.choose')}>
          <PresetCards presets={offered.presets} onChoose={choose} />
        </Card>
      </>
    );
  }
  const leave = (name: string | undefined) => {
    sessionStorage.removeItem(CHOSEN);
    if (name === undefined) setBegin(undefined);
    else route(`/email/${encodeURIComponent(name)}`);
  };
  return (
    <UpstreamForm
      draftKey="upstream.new"
      chosen={chosen.id}
      saved={undefined}
      begin={begin}
      settings={settings}
      answer={answer}
      offered={offered}
      onLeave={leave}
    />
  );
}
