/** Colours and type, and the panel's frame: where it stands, how it opens, its header and its menu. */
export const FRAME_STYLES = `
:host{inset:0 auto auto 0!important}
.parlance{--surface:#fff;--canvas:#f6f6f4;--raised:#fff;--sunken:#f1f1ee;--ink:#1c1e22;--soft:#5d626c;--line:#1c1e221a;--warn:#fff6e5;--warn-ink:#6b4300;--good:#1a9c5b;--bad:#d0342c;--shade:0 0 0 1px #1c1e220d,0 4px 12px #1c1e2214,0 24px 64px #1c1e2230;color-scheme:light;color:var(--ink);font:400 15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif;-webkit-font-smoothing:antialiased;text-align:start}
.parlance[data-theme=dark]{--surface:#1a1c20;--canvas:#131518;--raised:#202329;--sunken:#16181c;--ink:#eceef1;--soft:#a3a9b4;--line:#ffffff1c;--warn:#33270f;--warn-ink:#f3cf8c;--good:#3ccb84;--bad:#ff7b72;--shade:0 0 0 1px #ffffff14,0 24px 64px #000a;color-scheme:dark}
.parlance *,.parlance *::before,.parlance *::after{box-sizing:border-box}
.parlance :where(p,h2,h3,h4,h5,h6,ul,ol,figure,pre,blockquote){margin:0;padding:0;font:inherit}
.parlance :where(ul,ol){list-style:none}
.parlance :where(button){font:inherit;color:inherit;background:none;border-radius:8px;-webkit-tap-highlight-color:#0000;touch-action:manipulation}
.parlance :where(button:disabled){cursor:default;opacity:.5}
.parlance :where(a){color:var(--accent-ink);text-underline-offset:2px}
.parlance :where(:focus-visible){outline:2px solid var(--accent-ink);outline-offset:2px}
.parlance :where(svg){width:20px;height:20px;display:block;flex:none}
.unseen{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}

.panel{position:fixed;bottom:88px;right:20px;width:400px;height:min(640px,100dvh - 108px);display:flex;flex-direction:column;overflow:hidden;background:var(--canvas);border-radius:20px;box-shadow:var(--shade);transform-origin:100% 100%;visibility:hidden;opacity:0;transform:translateY(12px) scale(.97);transition:opacity .16s,transform .22s cubic-bezier(.2,.9,.3,1),visibility 0s .2s}
.panel:focus{outline:0}
.parlance[data-side=left] .panel{right:auto;left:20px;transform-origin:0 100%}
.parlance[data-open=true] .panel{visibility:visible;opacity:1;transform:none;transition-delay:0s}

.header{display:flex;align-items:center;gap:12px;padding:14px 10px 14px 16px;background:var(--surface);border-bottom:1px solid var(--line);flex:none;position:relative;z-index:2}
.header>.icon:first-child{margin-inline:-8px -4px}
.mark{width:38px;height:38px;border-radius:12px;display:grid;place-items:center;background:var(--accent);color:var(--on-accent);flex:none}
.mark svg{stroke-width:0;fill:currentColor;width:22px;height:22px}
.heading{flex:1;min-width:0}
.heading h2{font-weight:650;font-size:15.5px;line-height:1.3;letter-spacing:-.01em;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
.heading p{display:flex;align-items:center;gap:6px;font-size:12.5px;line-height:1.4;color:var(--soft)}
.heading i{width:7px;height:7px;border-radius:50%;background:var(--good);flex:none}
.heading [data-tone=pending] i{background:#e0a100;animation:breathe 1.2s infinite alternate}
.heading [data-tone=bad] i{background:var(--bad)}
.icon{width:36px;height:36px;display:grid;place-items:center;color:var(--soft);flex:none;transition:background .15s,color .15s}
.icon:hover,.icon[aria-expanded=true]{background:var(--line);color:var(--ink)}
.header .icon+.icon{margin-inline-start:-8px}
.menu .icon svg{stroke-width:2.8}
.menu{position:relative;margin-inline-end:-10px}
.choices{position:absolute;top:42px;inset-inline-end:0;min-width:232px;padding:6px;background:var(--raised);border-radius:14px;box-shadow:var(--shade);animation:rise .14s}
.choices button{display:flex;align-items:center;gap:12px;width:100%;padding:9px 10px;text-align:start;font-size:14px;white-space:nowrap}
.choices button:is(:hover,:focus-visible){background:var(--line);outline-offset:-2px}
.choices svg{color:var(--soft)}

.launcher .down,.launcher[aria-expanded=true] svg{opacity:0;transform:rotate(-40deg) scale(.7)}
.launcher{box-shadow:0 2px 4px #0003,0 8px 24px #0003;transition-property:transform,opacity}
.launcher svg{position:absolute;inset:15px;transition:opacity .18s,transform .22s}
.launcher[aria-expanded=true] .down{opacity:1;transform:none}
.launcher b{position:absolute;top:-4px;right:-4px;min-width:20px;padding:0 6px;border-radius:10px;background:#d0342c;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center;box-shadow:0 0 0 2px #fff}

@media(max-height:520px){
.panel{bottom:12px;height:calc(100dvh - 24px)}
.launcher[aria-expanded=true]{visibility:hidden}
}
@media(max-width:480px){
.panel,.parlance[data-side=left] .panel{top:var(--viewport-top,0px);bottom:auto;left:0;right:0;width:auto;height:var(--viewport-height,100dvh);border-radius:0;padding:0 env(safe-area-inset-right) env(safe-area-inset-bottom) env(safe-area-inset-left);transform:translateY(24px)}
.header{padding-top:calc(14px + env(safe-area-inset-top))}
.launcher[aria-expanded=true]{visibility:hidden}
}
@keyframes rise{from{opacity:0;transform:translateY(6px)}}
@keyframes breathe{to{opacity:.3}}
@media(prefers-reduced-motion){.parlance *,.launcher,.launcher svg{transition-duration:0s!important;animation-duration:0s!important;animation-iteration-count:1!important;scroll-behavior:auto!important}}
@media(forced-colors:active){.panel,.bubble,.round,.launcher{border:1px solid}}
@media print{.panel,.launcher{display:none}}
`;
