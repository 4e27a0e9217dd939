//! Backups are taken while people work; each is restored, served and compared with what clients
//! had been told when it began.

use crate::support::audit::{Auditor, replay_check};
use crate::support::centre::{Centre, quick_settings};
use crate::support::crowd::{Crowd, Pace};
use crate::support::seeds::seeds;
use crate::support::server::Site;
use crate::support::skip::rounds;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_under_load_is_one_moment_with_all_that_was_acknowledged_before() {
    let seed = seeds("backup", 1)[0];
    println!("line for seeds.txt: backup {seed}");
    let site = Site::new().with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "100");
    let server = site.start().await;
    let centre = Centre::found("default", site.administrator(0), quick_settings()).await;
    let crowd = Crowd::enter(&centre, Pace::BUSY, seed);
    let mut completed = 0;
    for number in 0..rounds(5, 20) {
        completed += 10;
        crowd
            .until(|ledger| ledger.told().completions >= completed)
            .await;
        restore_one(&site, &centre, &crowd, number).await;
    }
    let ledger = crowd.leave().await;
    Auditor::default()
        .audit(&centre, &ledger, "the server that was copied")
        .await;
    server.stop().await;
}

/// Backs up, restores elsewhere, serves from there and audits.
async fn restore_one(site: &Site, centre: &Centre, crowd: &Crowd, number: usize) {
    let path = |what: &str| {
        let path = site.path(&format!("backup-{number}-{what}"));
        path.display().to_string()
    };
    let (data, keys, into) = (path("data"), path("keys"), path("restored"));
    let own = site.data().display().to_string();
    let before = crowd.ledger();
    tokio::task::block_in_place(|| {
        site.succeeds(&["backup", "--data", &own, "--to", &data, "--keys-to", &keys]);
    });
    // Whatever is in the copy had been asked by now.
    let after = crowd.ledger();
    // The copy is looked at in peace, or each look, which takes longer, would let more come together
    // for the next.
    let silence = crowd.silence().await;
    tokio::task::block_in_place(|| {
        site.succeeds(&[
            "restore",
            "--verify",
            "--from",
            &data,
            "--keys-from",
            &keys,
            "--into",
            &into,
        ])
    });
    let head = head_of(&data);
    assert!(head >= before.reached(), "{head} < {}", before.reached());

    let copy = Site::new().with_data(into.into());
    let served = copy.start().await;
    let when = format!("restored from backup {number}, up to record {head}");
    let ledger = after.told_only_in(&before);
    let centre = centre.at(&copy.base());
    let picture = Auditor::default().audit(&centre, &ledger, &when).await;
    println!(
        "{when}: {} interactions, told before {:?}",
        picture.rows.len(),
        before.told()
    );
    drop(silence);
    served.kill();
    assert!(replay_check(&copy) > 0, "nothing was decided again");
}

/// The newest record of the only tenant; the records must not reach beyond it.
fn head_of(backup: &str) -> u64 {
    let text = std::fs::read_to_string(format!("{backup}/manifest.json")).expect("a manifest");
    let manifest: Value = serde_json::from_str(&text).expect("JSON");
    let tenant = &manifest["tenants"][0];
    let number = |name: &str| tenant[name].as_u64().expect("a number");
    assert!(number("watermark") <= number("head"), "{tenant}");
    number("head")
}
