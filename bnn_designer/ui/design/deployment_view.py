"""What Larq Compute Engine makes of the design: operators, the file, and the choice for binary dense layers."""

from __future__ import annotations

import streamlit as st

from bnn_designer.cost import CostReport, DeployedCost, NotDeployable
from bnn_designer.cost.deployed import SOURCE
from bnn_designer.ui.design.operator_table import OPERATOR_TITLES, dense_table, operator_table, unsupported_blocks
from bnn_designer.ui.shared import state
from bnn_designer.ui.shared.glossary import explain
from bnn_designer.ui.shared.look import escape_markdown
from bnn_designer.units import counted


def draw_deployment(report: CostReport) -> None:
    """The operators and what the options change; or every reason why the design cannot be deployed."""
    if isinstance(report.deployed, NotDeployable):
        _draw_unsupported(report.deployed)
        return
    _draw_dense(report, report.deployed)
    program = report.deployed.program
    st.markdown(f"**{counted(len(program.operators), 'operator')}**")
    st.caption(
        f"As {SOURCE} run them, in this order. {counted(len(report.graph.layers), 'layer')} became "
        f"{counted(len(program.operators), 'operator')}: batch norms and activations are fused into others, "
        "signs are inserted between."
    )
    whole = ("weight_bytes", "output_bytes", "binary_macs", "int8_macs", "float_macs", "working_bytes")
    config = {name: st.column_config.Column(title, help=text) for name, (title, text) in OPERATOR_TITLES.items()}
    config |= {
        name: st.column_config.NumberColumn(OPERATOR_TITLES[name][0], help=OPERATOR_TITLES[name][1], format="localized")
        for name in whole
    }
    st.dataframe(
        operator_table(program),
        hide_index=True,
        key="operator_table",
        column_config=config,
        height="content" if len(program.operators) <= 20 else 560,
        placeholder="",
    )


def _draw_unsupported(deployed: NotDeployable) -> None:
    st.warning(
        "**Unsupported.** Larq Compute Engine cannot run this design, so it has no file, no arena and no latency. "
        "Larq's convention and the training memory are not affected.",
        icon="⚠️",
    )
    with st.container(gap=None):
        for path, reasons in unsupported_blocks(deployed).items():
            block_id = path.rpartition("/")[2]
            with st.container(horizontal=True, vertical_alignment="center"):
                st.button(
                    f"`{path}`",
                    key=f"unsupported_{block_id}",
                    type="tertiary",
                    help="Select this block",
                    on_click=state.select,
                    args=((block_id,),),
                )
                st.markdown(escape_markdown("; ".join(reasons)))


def _draw_dense(report: CostReport, deployed: DeployedCost) -> None:
    other = report.binary_dense_as_float
    if other is None:
        return
    st.markdown("**Binary dense layers: packed, or in float**")
    if deployed.options.binary_dense == "float":
        st.caption("The deployment options run them in float; packed as 1x1 convolutions they would be smaller.")
        return
    st.caption(
        "The Keras converter writes binary dense layers as float GEMMs with 32-bit weights. Written as 1x1 binary "
        "convolutions, as counted here by default, they stay packed. The difference:"
    )
    number = st.column_config.NumberColumn(format="localized")
    st.dataframe(
        dense_table(deployed, other),
        hide_index=True,
        key="dense_table",
        column_config=dict.fromkeys(("packed", "in float", "difference"), number)
        | {"figure": st.column_config.Column("figure", help="\n\n".join(map(explain, ("MAC", "OPs", "arena"))))},
    )
