/** An answer's formatted text. */
export const PROSE_STYLES = `
.prose{min-width:0}
.plain{white-space:pre-wrap}
.prose>*+*{margin-top:10px}
.prose :is(h3,h4,h5,h6){font-weight:650;line-height:1.35;letter-spacing:-.01em}
.prose h3{font-size:17px}
.prose h4{font-size:16px}
.prose>:is(h3,h4,h5,h6):not(:first-child){margin-top:16px}
.prose :is(h3,h4,h5,h6)+*{margin-top:6px}
.prose :is(ul,ol){padding-inline-start:20px}
.prose ul{list-style:disc}
.prose ol{list-style:decimal}
.prose li{padding-inline-start:2px}
.prose li::marker{color:var(--soft)}
.prose li+li,.prose li>*+*{margin-top:4px}
.prose .task{list-style:none;margin-inline-start:-20px}
.prose input{margin:0 8px 0 0;vertical-align:-1px;accent-color:var(--accent)}
.prose strong{font-weight:650}
.prose blockquote{padding-inline-start:12px;border-inline-start:3px solid var(--line);color:var(--soft)}
.prose hr{border:0;border-top:1px solid var(--line);margin-block:14px}
.prose img{max-width:100%;border-radius:10px;display:block}
.prose code{font:500 .88em/1.55 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
.prose :not(pre)>code{padding:1.5px 5px;border-radius:5px;background:var(--sunken);box-shadow:inset 0 0 0 1px var(--line);overflow-wrap:anywhere}
.code{border-radius:12px;overflow:hidden;background:var(--sunken);box-shadow:inset 0 0 0 1px var(--line);overflow-wrap:normal}
.code figcaption{display:flex;align-items:center;justify-content:space-between;padding:4px 4px 0 12px;font-size:12px;color:var(--soft)}
.code figcaption button{display:flex;align-items:center;gap:5px;padding:4px 8px;font-size:12px}
.code figcaption button:hover{background:var(--line)}
.code figcaption svg{width:14px;height:14px}
.code pre{padding:6px 12px 12px;overflow:auto;tab-size:2;scrollbar-width:thin;scrollbar-color:var(--line) #0000}
.code code{font-size:12.5px}
.code pre:focus-visible,.table:focus-visible{outline-offset:-2px}
.table{overflow:auto;border-radius:12px;box-shadow:inset 0 0 0 1px var(--line);scrollbar-width:thin;scrollbar-color:var(--line) #0000;overflow-wrap:normal}
.prose table{border-collapse:collapse;font-size:13.5px;line-height:1.45;min-width:100%}
.prose :is(th,td){padding:7px 12px;text-align:start;vertical-align:top;max-width:220px}
.prose :is(th,td)[align=right]{text-align:end}
.prose :is(th,td)[align=center]{text-align:center}
.prose th{font-weight:600;background:var(--sunken);white-space:nowrap}
.prose tr+tr td,.prose td{border-top:1px solid var(--line)}
.prose[data-growing=true]>:is(p,h3,h4,h5):last-child::after,.prose[data-growing=true]>:is(ul,ol):last-child>li:last-child::after{content:"";display:inline-block;width:8px;height:8px;margin-inline-start:5px;border-radius:50%;background:var(--accent-ink);vertical-align:1px;animation:breathe .7s infinite alternate}
`;
