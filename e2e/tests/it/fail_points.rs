//! The process dies at every named point, under load; after each death everything clients were
//! told is compared with what the next server says. A point that is never reached fails.

use crate::support::audit::{Auditor, replay_check};
use crate::support::centre::{Centre, quick_settings};
use crate::support::crowd::{Crowd, Pace, Silence};
use crate::support::picture::Picture;
use crate::support::receiver::{Notice, Receiver};
use crate::support::seeds::seeds;
use crate::support::server::Site;
use ringback_ports::failpoint::FailPoint;
use rustix::process::Signal;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// At which passings to die: early, where starting may be disturbed, and in the middle of work.
const fn passings(point: FailPoint) -> &'static [u32] {
    match point {
        FailPoint::BeforeCommit | FailPoint::AfterCommit => &[1, 2, 60],
        FailPoint::BetweenAnswers => &[1, 20],
        FailPoint::BeforeProjection | FailPoint::AfterProjection => &[1, 2, 40],
        FailPoint::EffectStarted | FailPoint::EffectDone => &[1, 5],
        FailPoint::SnapshotPart => &[1, 2, 3],
        FailPoint::SnapshotWritten => &[1, 2, 3],
        FailPoint::BeforePrune | FailPoint::AfterPrune => &[1, 2],
        FailPoint::BackupFile => &[1, 2, 3, 4],
        FailPoint::KeyPage | FailPoint::KeyErased | FailPoint::ErasureTold => &[1],
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_around_a_commit_loses_nothing() {
    use FailPoint::{AfterCommit, BeforeCommit, BetweenAnswers};
    World::die_at(&[BeforeCommit, AfterCommit, BetweenAnswers]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_around_projection_and_effects_loses_nothing() {
    use FailPoint::{AfterProjection, BeforeProjection, EffectDone, EffectStarted};
    World::die_at(&[BeforeProjection, AfterProjection, EffectStarted, EffectDone]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_during_snapshots_and_pruning_loses_nothing() {
    use FailPoint::{AfterPrune, BeforePrune, SnapshotPart, SnapshotWritten};
    World::die_at(&[SnapshotPart, SnapshotWritten, BeforePrune, AfterPrune]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_during_backup_and_around_keys_loses_nothing() {
    use FailPoint::{BackupFile, ErasureTold, KeyErased, KeyPage};
    World::die_at(&[BackupFile, KeyPage, KeyErased, ErasureTold]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn dying_while_the_second_tenant_gets_its_keys_loses_nothing_of_either() {
    let site = Site::of_tenants(&["default", "acme"]);
    let mut server = site.start().await;
    let mut sides = Vec::new();
    for (number, tenant) in site.tenants().iter().enumerate() {
        let administrator = site.administrator(number);
        sides.push(Centre::found(tenant, administrator, quick_settings()).await);
    }
    server.kill();
    let seed = seeds("fail-points", 1)[0];
    // The first page of keys is made for whoever comes first, the second for the other.
    server = site.start_armed("key_page:2");
    let crowds: Vec<Crowd> = sides
        .iter()
        .map(|centre| Crowd::enter(centre, Pace::BUSY, seed))
        .collect();
    assert_aborted("key_page:2", server.wait_end().await);
    let mut silences = Vec::new();
    for crowd in &crowds {
        silences.push(crowd.silence().await);
    }
    let server = site.start().await;
    for (centre, crowd) in sides.iter().zip(&crowds) {
        let ledger = crowd.ledger();
        Auditor::default()
            .audit(centre, &ledger, "after dying at key_page:2")
            .await;
    }
    drop(silences);
    for crowd in &crowds {
        crowd.until(|ledger| ledger.told().completions > 5).await;
    }
    for (centre, crowd) in sides.iter().zip(crowds) {
        let ledger = crowd.leave().await;
        Auditor::default()
            .audit(centre, &ledger, "at the end")
            .await;
    }
    server.stop().await;
}

#[test]
fn every_point_is_died_at() {
    let stories: [&[FailPoint]; 4] = [
        &[
            FailPoint::BeforeCommit,
            FailPoint::AfterCommit,
            FailPoint::BetweenAnswers,
        ],
        &[
            FailPoint::BeforeProjection,
            FailPoint::AfterProjection,
            FailPoint::EffectStarted,
            FailPoint::EffectDone,
        ],
        &[
            FailPoint::SnapshotPart,
            FailPoint::SnapshotWritten,
            FailPoint::BeforePrune,
            FailPoint::AfterPrune,
        ],
        &[
            FailPoint::BackupFile,
            FailPoint::KeyPage,
            FailPoint::KeyErased,
            FailPoint::ErasureTold,
        ],
    ];
    let told: BTreeSet<FailPoint> = stories.into_iter().flatten().copied().collect();
    let all: BTreeSet<FailPoint> = FailPoint::ALL.into_iter().collect();
    assert_eq!(told, all);
}

/// A server's place, its people, and the system that hears of endings.
struct World {
    site: Site,
    centre: Centre,
    crowd: Crowd,
    receiver: Receiver,
    auditor: Auditor,
}

impl World {
    /// Dies at all these points, one after the other, in one world.
    async fn die_at(points: &[FailPoint]) {
        let seed = seeds("fail-points", 1)[0];
        println!("line for seeds.txt: fail-points {seed}");
        let receiver = Receiver::listen(seed).await;
        let site = Site::new()
            .with("RINGBACK_JOURNAL__SNAPSHOT_RECORDS", "20")
            .with("RINGBACK_JOURNAL__SNAPSHOT_EVERY_S", "1")
            .with("RINGBACK_JOURNAL__KEPT_H", "0")
            .with("RINGBACK_NOTICES__URL", &receiver.url);
        let server = site.start().await;
        let mut settings = quick_settings();
        settings["notices"] = true.into();
        let centre = Centre::found("default", site.administrator(0), settings).await;
        let crowd = Crowd::enter(&centre, Pace::BUSY, seed);
        crowd.until(|ledger| ledger.told().completions >= 5).await;
        let mut world = Self {
            site,
            centre,
            crowd,
            receiver,
            auditor: Auditor::default(),
        };
        server.kill();
        let mut silence = world.crowd.silence().await;
        for point in points {
            for passing in passings(*point) {
                let fail_at = format!("{}:{passing}", point.name());
                println!("dying at {fail_at}");
                silence = world.die(*point, &fail_at, silence).await;
            }
        }
        world.close(silence).await;
    }

    /// Dies once, and looks what is left.
    async fn die(&mut self, point: FailPoint, fail_at: &str, silence: Silence) -> Silence {
        let silence = match point {
            FailPoint::BackupFile => self.die_in_backup(fail_at, silence).await,
            FailPoint::KeyErased | FailPoint::ErasureTold => {
                self.die_erasing(fail_at, silence).await
            }
            _ => {
                let mut server = self.site.start_armed(fail_at);
                drop(silence);
                assert_aborted(fail_at, server.wait_end().await);
                self.crowd.silence().await
            }
        };
        let server = self.site.start().await;
        let ledger = self.crowd.ledger();
        self.auditor
            .audit(&self.centre, &ledger, &format!("after dying at {fail_at}"))
            .await;
        server.kill();
        silence
    }

    /// The one who copies dies; the server goes on, the rest is no backup, and the next try is.
    async fn die_in_backup(&self, fail_at: &str, silence: Silence) -> Silence {
        let server = self.site.start().await;
        drop(silence);
        let name = fail_at.replace(':', "-");
        let (data, keys) = (self.folder(&name, "data"), self.folder(&name, "keys"));
        let own = self.site.data().display().to_string();
        let arguments = ["backup", "--data", &own, "--to", &data, "--keys-to", &keys];
        let mut command = self.site.command(&arguments);
        let died = command.env("RINGBACK_FAIL_AT", fail_at).status();
        assert_aborted(fail_at, died.expect("it starts"));
        let verify = ["restore", "--verify", "--from", &data, "--keys-from", &keys];
        assert!(
            !self.site.run(&verify).status.success(),
            "what is left of {fail_at} passes for a backup"
        );
        let (data, keys) = (self.folder(&name, "data2"), self.folder(&name, "keys2"));
        self.site
            .succeeds(&["backup", "--data", &own, "--to", &data, "--keys-to", &keys]);
        self.site
            .succeeds(&["restore", "--verify", "--from", &data, "--keys-from", &keys]);
        server.kill();
        self.crowd.silence().await
    }

    fn folder(&self, of: &str, what: &str) -> String {
        let folder = self.site.path(&format!("backup-{of}-{what}"));
        folder.display().to_string()
    }

    /// A person's key is destroyed, and the one who asked never hears of it: the person is gone
    /// all the same, and whoever asks again is told so.
    async fn die_erasing(&self, fail_at: &str, silence: Silence) -> Silence {
        let mut server = self.site.start_armed(fail_at);
        server.wait_ready().await.expect("the point lies later");
        let known_as = format!("the one to forget at {fail_at}");
        let reference = &format!("erased person at {fail_at}");
        self.crowd.note(|ledger| ledger.submitting(reference));
        let person = json!({
            "queue": "inbox", "medium": "email", "contact": known_as,
            "user_data": {"ref": reference, "name": "to be forgotten"},
        });
        let answer = self
            .centre
            .integrator
            .post("/v1/interactions", person)
            .await;
        self.crowd
            .note(|ledger| ledger.submitted(reference, &answer));
        let erase = json!({"contact": known_as});
        let administrator = &self.centre.administrator;
        let asked = administrator
            .try_post("/v1/contacts/erase", Some(fail_at), &erase)
            .await;
        assert!(asked.is_err(), "it was to die before answering: {asked:?}");
        assert_aborted(fail_at, server.wait_end().await);

        let server = self.site.start().await;
        let path = format!(
            "/v1/interactions/{}",
            answer["interaction"].as_str().expect("an id")
        );
        let view = administrator.get(&path).await;
        assert_eq!(view["user_data_erased"], json!(true), "{view}");
        assert_eq!(view["user_data"]["name"], Value::Null, "{view}");
        let again = administrator
            .try_post("/v1/contacts/erase", Some(fail_at), &erase)
            .await;
        let again = again.expect("an answer");
        assert_eq!(
            (again.status, again.replayed),
            (200, true),
            "{}",
            again.body
        );
        server.kill();
        silence
    }

    /// Everything comes to rest, every ending has been told, and the books agree to the last.
    async fn close(self, silence: Silence) {
        let server = self.site.start().await;
        drop(silence);
        let before = self.crowd.ledger().told().completions;
        self.crowd
            .until(|ledger| ledger.told().completions > before)
            .await;
        let ledger = self.crowd.leave().await;
        let administrator = &self.centre.administrator;
        administrator
            .until("/v1/outbox", |outbox| outbox["items"] == json!([]))
            .await;
        let picture = Auditor::default()
            .audit(&self.centre, &ledger, "at the end")
            .await;
        assert_told_of_endings(&self.receiver.heard(), &picture);
        server.stop().await;
        replay_check(&self.site);
    }
}

fn assert_aborted(fail_at: &str, status: ExitStatus) {
    let aborted = status.signal() == Some(Signal::ABORT.as_raw());
    assert!(aborted, "{fail_at} was not what ended it: {status}");
}

/// Every ending was told to the operator's system; the same one twice only as another attempt of
/// the same effect.
fn assert_told_of_endings(heard: &[Notice], picture: &Picture) {
    let ended = picture
        .rows
        .iter()
        .filter(|(_, row)| row["open"] == json!(false));
    let ended: BTreeSet<&str> = ended.map(|(id, _)| id.as_str()).collect();
    let taken = heard.iter().filter(|notice| notice.taken);
    let told: BTreeSet<&str> = taken.map(|notice| notice.interaction.as_str()).collect();
    assert_eq!(told, ended, "told and ended differ");
    let mut attempts = BTreeSet::new();
    let mut effects: BTreeMap<&str, &str> = BTreeMap::new();
    for notice in heard {
        let first = attempts.insert((&notice.effect, notice.attempt));
        assert!(first, "an attempt was carried out twice: {notice:?}");
        let before = effects.insert(&notice.interaction, &notice.effect);
        let same = before.is_none_or(|before| before == notice.effect);
        assert!(
            same,
            "two effects for one ending: {before:?} and {notice:?}"
        );
    }
    println!("{} endings told by {} notices", ended.len(), heard.len());
}
