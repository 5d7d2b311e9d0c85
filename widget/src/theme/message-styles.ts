/** The conversation: the list, the bubbles, and what stands under them. */
export const MESSAGE_STYLES = `
.messages{position:relative;flex:1;min-height:0;display:flex;background:var(--canvas)}
.scroller{flex:1;overflow:auto;overscroll-behavior:contain;overflow-anchor:none;scrollbar-width:thin;scrollbar-color:var(--line) #0000}
.scroller:focus-visible{outline-offset:-3px}
.content{display:flex;flex-direction:column;gap:14px;padding:18px 16px 12px}
.time{align-self:center;font-size:12px;color:var(--soft);padding:2px 0}
.message{display:flex;flex-direction:column;gap:4px;animation:rise .2s;max-width:100%}
.user{align-items:flex-end}
.answer{align-items:flex-start}
.line{display:flex;align-items:center;gap:4px;max-width:100%;justify-content:flex-end}
.bubble{padding:10px 14px;border-radius:18px;overflow-wrap:anywhere;min-width:0;max-width:100%}
.user .bubble{max-width:300px;white-space:pre-wrap;background:var(--accent);color:var(--on-accent);border-end-end-radius:6px}
.answer .bubble{background:var(--raised);box-shadow:0 0 0 1px var(--line),0 1px 2px #0000000a;border-end-start-radius:6px}
.author{font-size:12.5px;font-weight:600;color:var(--soft);padding-inline-start:4px}
.state{font-size:12px;color:var(--soft)}
.aside{text-align:center;font-size:13px;color:var(--soft);overflow-wrap:anywhere}
.none{padding:48px 24px;flex:1}
.actions{display:flex;gap:2px;margin-inline-start:-2px;transition:opacity .15s}
.actions .icon{width:30px;height:30px}
.actions svg{width:17px;height:17px}
.actions .icon[aria-pressed=true]{color:var(--accent-ink);background:var(--line)}
@media(hover:hover){.message:not(:hover,:focus-within,:last-child) .actions{opacity:0}.user:not(:hover,:focus-within) .actions{opacity:0}}
.latest{position:absolute;bottom:10px;inset-inline:0;margin-inline:auto;width:max-content;display:flex;align-items:center;gap:6px;padding:6px 14px 6px 10px;border-radius:16px;background:var(--raised);font-size:13px;font-weight:550;box-shadow:0 0 0 1px var(--line),0 6px 20px #0003;animation:rise .18s}
.latest svg{width:16px;height:16px}
.text{padding:3px 8px;font-size:13px;font-weight:600;color:var(--accent-ink);flex:none}
.text:hover:not(:disabled){background:var(--line)}
.earlier{align-self:center}
.notice{display:flex;flex-wrap:wrap;align-items:center;gap:2px 6px;font-size:13px;line-height:1.45;color:var(--soft);max-width:100%}
.notice span{padding-block:3px;overflow-wrap:anywhere}
.notice[data-tone=warning]{background:var(--warn);color:var(--warn-ink);padding:5px 6px 5px 12px;border-radius:12px}
.notice[data-tone=warning] :is(.text,a){color:inherit;text-decoration:underline;text-underline-offset:2px}
.dots{display:inline-flex;gap:4px;align-items:center;height:1.5em;padding-inline:2px}
.dots i{width:7px;height:7px;border-radius:50%;background:var(--soft);animation:dot 1.2s infinite ease-in-out}
.dots i+i{animation-delay:.15s}
.dots i+i+i{animation-delay:.3s}
@keyframes dot{0%,60%,100%{opacity:.35;transform:none}30%{opacity:1;transform:translateY(-4px)}}
.welcome{flex:1;overflow:auto;display:flex;flex-direction:column;gap:20px;padding:28px 20px 20px;background:var(--canvas);overscroll-behavior:contain}
.hello{margin-top:auto;animation:rise .3s}
.hello h3{font-size:26px;line-height:1.2;font-weight:700;letter-spacing:-.025em;text-wrap:balance}
.hello p{margin-top:8px;color:var(--soft);text-wrap:pretty}
.welcome ul{display:flex;flex-direction:column;gap:8px;animation:rise .4s}
.welcome button{display:flex;align-items:center;justify-content:space-between;gap:12px;width:100%;padding:11px 14px;text-align:start;line-height:1.4;background:var(--raised);border-radius:14px;box-shadow:0 0 0 1px var(--line);transition:box-shadow .15s,transform .15s}
.welcome button:hover{box-shadow:0 0 0 1.5px var(--accent-ink);transform:translateY(-1px)}
.welcome button svg{width:18px;height:18px;color:var(--accent-ink)}
[dir=rtl] .welcome svg{transform:scaleX(-1)}
.conversations{flex:1;overflow:auto;padding:8px}
.conversations button{display:grid;grid-template-columns:1fr auto;gap:1px 12px;width:100%;padding:11px 12px;text-align:start;border-radius:12px}
.conversations button:is(:hover,[aria-current=true]){background:var(--line)}
.conversations strong{font-weight:600;font-size:14.5px}
.conversations :is(strong,span){overflow:hidden;white-space:nowrap;text-overflow:ellipsis}
.conversations time{font-size:12px;color:var(--soft);align-self:center}
.conversations span{grid-column:1;font-size:13px;color:var(--soft)}
.conversations span:last-child{grid-column:1/-1}
.conversations b{justify-self:end;min-width:18px;padding:0 5px;border-radius:9px;font-size:11px;line-height:18px;text-align:center;background:var(--accent);color:var(--on-accent)}
`;
