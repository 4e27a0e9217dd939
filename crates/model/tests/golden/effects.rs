//! Everything asked of the outside world.

use crate::files::{hold, named};
use crate::samples::name;
use ringback_model::interaction::Ending;
use ringback_model::{AgentId, Effect, InteractionId};

named!(Effect {
    Effect::Notice { .. } => "notice",
});

#[test]
fn each_effect_is_written_as_it_always_was() {
    let completed = Effect::Notice {
        interaction: InteractionId(7),
        ending: Ending::Completed {
            agent: AgentId(3),
            reason: name("done"),
            disposition: Some(name("sold")),
        },
    };
    let abandoned = Effect::Notice {
        interaction: InteractionId(7),
        ending: Ending::Abandoned,
    };
    assert_eq!(completed.kind(), name_of(&completed));
    hold(
        "effect",
        NAMES,
        name_of,
        vec![("", completed), ("abandoned", abandoned)],
    );
}
