/** The first question for a new upstream: whose account is it? */
import type { Preset } from '../../../admin/contract-configuration.ts';
import { t } from '../../words/words.ts';

export function PresetCards(props: {
  readonly presets: readonly Preset[];
  readonly chosen?: Preset['id'] | undefined;
  readonly onChoose: (preset: Preset) => void;
}) {
  const { presets, chosen, onChoose } = props;
  return (
    <ul class="presets">
      {presets.map((preset) => (
        <li key={preset.id}>
          <button type="button" aria-pressed={preset.id === chosen} onClick={() => onChoose(preset)}>
            <strong>{t(`email.preset-${preset.id}`)}</strong>
            <span>{t(`email.about-${preset.id}`)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}
