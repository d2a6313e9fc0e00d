"""The few rules of CSS that Streamlit has no parameter for; each is bound to the key of a container of ours."""

from __future__ import annotations

import streamlit as st

_CSS = """
.stMainBlockContainer { padding: 3.9rem 2.2rem 3rem; }
[data-testid="stButtonGroup"] button[data-selected="true"] { color: inherit !important; }
.bnn-strip { overflow-x: auto; overflow-y: hidden; }
.bnn-legend { display: flex; flex-wrap: wrap; gap: .2em 1.2em; margin: .3em 0 1em; font-size: .8rem; opacity: .85; }
.bnn-strip svg { display: block; max-width: none; }
.st-key-links [data-testid="stElementToolbarButton"] { visibility: visible; }
.st-key-links pre { overflow: hidden; padding-right: 3rem; }
.st-key-links code { display: block; overflow: hidden; text-overflow: ellipsis; }
.bnn-words { max-height: 26rem; margin: 0; overflow-y: auto; font-size: .875rem; }
.bnn-words dt { font-weight: 600; }
.bnn-words dd { margin: 0 0 .8rem; }
.bnn-words small { opacity: .8; }
.st-key-start_title h1 { font-size: 1.9rem; padding: 0; }
.st-key-start h2 { font-size: 1.2rem; padding: .2rem 0 .5rem; }
.st-key-start [data-testid="stFileUploaderDropzone"] { padding: .4rem .6rem; min-height: 0; }
.st-key-start [data-testid="stColumn"]:first-child { min-width: min(18rem, 100%); }
.st-key-start [data-testid="stColumn"]:last-child { min-width: min(34rem, 100%); }
.st-key-canvas_questions, .st-key-camera_state { position: absolute; }
[data-testid="stCameraInput"] a { display: none; }
.st-key-totals { position: sticky; top: 3.55rem; z-index: 9; }
@media (max-width: 640px), (max-height: 640px) { .st-key-totals { position: static; } }
.st-key-settings { max-height: clamp(26rem, calc(100vh - 21rem), 60rem); overflow-y: auto; padding-right: .3rem; }
.st-key-settings [data-testid="stVerticalBlock"], .st-key-settings { gap: .45rem; }
[class*="st-key-metric_"] { position: relative; }
[class*="st-key-metric_"] [class*="st-key-formula_"] { position: absolute; top: -.4rem; right: -.3rem; width: auto; }
.st-key-variants button { min-height: 1.6rem; padding: 0 .6rem; }
.st-key-deployed_totals [data-testid="stColumn"], .st-key-packed_figures [data-testid="stColumn"] {
  min-width: 10rem; flex: 1 1 10rem; }
[class*="st-key-version_"] [data-testid="stPageLink"] p,
[class*="st-key-sweep_"] [data-testid="stPageLink"] p { text-decoration: underline; }
.st-key-runs [class*="st-key-packed_"] button { min-height: 1.6rem; padding: 0 .6rem; white-space: nowrap; }
.st-key-runs [data-testid="stPageLink"] p { display: flex; gap: .4em; white-space: nowrap; }
.st-key-runs [data-testid="stPageLink"] p > strong { overflow: hidden; text-overflow: ellipsis; }
.st-key-runs [data-testid="stPageLink"] p > span { flex: none; }
.bnn-cells { display: grid; font-size: .875rem;
  grid-template-columns: minmax(0, 1fr) minmax(0, 1.1fr) minmax(0, 1.5fr) minmax(0, 1.8fr) minmax(0, 1fr); gap: 1em;
  font-variant-numeric: tabular-nums; text-align: right; }
.bnn-head { opacity: .7; }
.bnn-of-what { overflow: hidden; padding-left: .5rem; font-size: .8rem; opacity: .8; text-overflow: ellipsis;
  white-space: nowrap; }
.bnn-mistakes { display: flex; flex-wrap: wrap; gap: .8rem; }
.bnn-mistakes figure { width: 7.5rem; margin: 0; }
.bnn-mistakes figcaption { font-size: .8rem; line-height: 1.25; overflow-wrap: anywhere; }
.bnn-left { display: flex; flex-wrap: wrap; gap: 1.2rem; }
.bnn-left figure { width: 18rem; max-width: 100%; margin: 0; }
.bnn-left figcaption { font-size: .8rem; line-height: 1.3; overflow-wrap: anywhere; }
.st-key-run_figures [data-testid="stColumn"] { min-width: 8rem; flex: 1 1 8rem; }
.st-key-train_page > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {
  min-width: min(21rem, 100%); }
.st-key-export_page > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"] > [data-testid="stColumn"] {
  min-width: min(17rem, 100%); }
@media (max-width: 1000px) {
  .bnn-cells { gap: .6em; font-size: .8rem; }
  .st-key-runs [data-testid="stPopover"] button { padding: 0 .3rem; }
}
@media (max-width: 640px), (max-height: 540px) {
  .st-key-totals { position: static; }
}
@media (max-width: 640px) {
  .st-key-runs_head { display: none; }
  .bnn-cells { display: flex; flex-wrap: wrap; gap: .2em 1em; font-size: .875rem; }
  .bnn-cells span::before { content: attr(data-name) " "; opacity: .7; }
}
@media (forced-colors: active) {
  [data-testid="stProgress"] [role="progressbar"] *, [data-testid="stCheckbox"]:has([role="switch"]) label > div,
  [data-testid="stCheckbox"]:has([role="switch"]) label > div:first-of-type * { forced-color-adjust: none; }
}
"""


def draw_style() -> None:
    """Adds the rules to the page."""
    st.html(f"<style>{_CSS}</style>")
