//! What every engine's projection holds to.

use ringback_model::InteractionId;
use ringback_ports::envelope::{Sequence, TenantId};
use ringback_ports::records::Change;
use ringback_ports::store::StoreFault;

/// Refuses what lies at or below the watermark: it is there already.
pub(crate) fn check_order(
    tenant: TenantId,
    changes: &[Change],
    from: Sequence,
    to: Sequence,
) -> Result<(), StoreFault> {
    let oldest = changes.iter().find_map(|change| match change {
        Change::History(line) => Some(line.cursor.sequence),
        _ => None,
    });
    // What was counted is written behind what it was counted from.
    let behind = |change: &Change<'_>| matches!(change, Change::Tally(_) | Change::Book { .. });
    let idle = to == from && changes.iter().all(behind);
    if (to > from || idle) && oldest.is_none_or(|oldest| oldest > from && oldest <= to) {
        return Ok(());
    }
    Err(StoreFault::failed(
        "projecting into the records",
        format!(
            "{tenant} is projected up to {from} already; changes of {} up to {to} do not follow \
             on: read the watermark again",
            oldest.unwrap_or(to)
        ),
    ))
}

/// A change of an interaction that was never submitted: the records lack a part.
pub(crate) fn unknown(tenant: TenantId, interaction: InteractionId) -> StoreFault {
    StoreFault::Damaged {
        what: format!("the records of {tenant}"),
        problem: format!("{interaction} changed but is not there"),
    }
}

/// A second beginning of an interaction.
pub(crate) fn twice(tenant: TenantId, interaction: InteractionId) -> StoreFault {
    StoreFault::failed(
        "projecting into the records",
        format!("{interaction} of {tenant} is submitted after it was seen already"),
    )
}
