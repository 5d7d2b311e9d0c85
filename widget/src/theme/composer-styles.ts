/** Where the user writes, and what stands around it. */
export const COMPOSER_STYLES = `
.notices{flex:none;display:flex;flex-direction:column;gap:6px;padding:0 12px}
.notices .notice{justify-content:space-between;animation:rise .16s}
.notices .notice:last-child{margin-top:6px}
.notices .notice:not([data-tone=warning]){background:var(--raised);color:var(--ink);padding:8px 8px 8px 14px;border-radius:14px;box-shadow:0 0 0 1px var(--line)}
.notices .notice span{flex:1 1 180px}
.composer{flex:none;padding:10px 12px 0}
.field{display:flex;align-items:flex-end;gap:6px;padding:5px;background:var(--surface);border-radius:24px;box-shadow:0 0 0 1px var(--line),0 1px 3px #0000000f;transition:box-shadow .15s}
.field:focus-within{box-shadow:0 0 0 2px var(--accent-ink),0 1px 3px #0000000f}
.field textarea{all:unset;box-sizing:border-box;flex:1;min-width:0;max-height:158px;padding:7px 6px 7px 13px;font-size:15px;line-height:24px;overflow-y:auto;overflow-wrap:anywhere;white-space:pre-wrap;scrollbar-width:thin;color:var(--ink);cursor:text}
.field textarea:focus-visible{outline:0}
.field textarea::placeholder{color:var(--soft);opacity:1}
.round{width:38px;height:38px;border-radius:50%;display:grid;place-items:center;flex:none;background:var(--accent);color:var(--on-accent);transition:background .15s,transform .15s,opacity .15s;animation:pop .16s}
.round:disabled{background:var(--line);color:var(--soft);opacity:1}
.round:hover:not(:disabled){filter:brightness(1.08)}
.round:active:not(:disabled){transform:scale(.93)}
.round svg{stroke-width:2}
.stop{background:var(--ink);color:var(--surface)}
.stop path{fill:currentColor}
.count{padding:4px 16px 0;font-size:12px;text-align:end;color:var(--soft);font-variant-numeric:tabular-nums}
.count[data-over=true]{color:var(--bad)}
.editing{display:flex;justify-content:space-between;align-items:center;padding:0 6px 6px 14px;font-size:13px;color:var(--soft)}
.fineprint{flex:none;padding:7px 16px 10px;text-align:center;font-size:11.5px;line-height:1.4;color:var(--soft)}
@keyframes pop{from{transform:scale(.7);opacity:0}}
@media(max-width:480px){.field textarea{font-size:16px}}
`;
