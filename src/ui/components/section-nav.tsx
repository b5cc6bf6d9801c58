/** Links between the parts of one page; the address says which part is shown. */
import { useLocation } from 'preact-iso';

export function SectionNav(props: {
  readonly label: string;
  /** The part that is shown, where its address is not that of the link. */
  readonly current?: string;
  readonly sections: readonly { readonly href: string; readonly label: string; readonly count?: number }[];
}) {
  const { path } = useLocation();
  const here = props.current ?? path;
  return (
    <nav class="sections" aria-label={props.label}>
      <ul>
        {props.sections.map(({ href, label, count }) => (
          <li key={href}>
            <a href={href} {...(href === here ? { 'aria-current': 'page' as const } : {})}>
              {label}
              {count !== undefined && count > 0 && <span class="count">{count}</span>}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  );
}
