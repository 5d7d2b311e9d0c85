/**
 * The shadow host and the launcher; short, since it travels in the loader. For important declarations the shadow
 * tree's word is the last, so no rule of the page, important or not, moves or hides the host.
 */
export const LAUNCHER_STYLES = `
:host{all:initial!important;direction:ltr!important;display:block!important;position:fixed!important;z-index:2147483000!important}
:host::before,:host::after{content:none!important}
button{cursor:pointer;border:0;padding:0}
.launcher{position:fixed;bottom:20px;right:20px;width:56px;height:56px;border-radius:50%;background:var(--accent);color:var(--on-accent);box-shadow:0 4px 20px #0004;transition:.2s}
.launcher:hover{transform:translateY(-2px)}
.launcher:focus-visible{outline:3px solid var(--accent);outline-offset:3px}
[data-side=left]{right:auto;left:20px}
[aria-busy=true]{opacity:.7}
svg{width:26px;fill:none;stroke:currentColor;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round}`;
