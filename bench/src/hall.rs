//! The durable cycle inside this process: submit with a route request, hear the offer, accept,
//! complete; straight through [`Hall::send`](ringback_ports::Hall::send), without network, rights
//! of an API key and JSON. What the hall itself costs, per thread.

use std::collections::HashMap;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;
use ringback_model::interaction::Input as InteractionInput;
use ringback_model::offer::{Event as OfferEvent, Input as OfferInput};
use ringback_model::{AgentId, Event, Input, InteractionId, Name, OfferId, Outcome};
use ringback_ports::Reply;
use ringback_ports::envelope::{Answer, CommandFault};
use ringback_ports::hall::{Interest, Push, Subscription};
use serde::Serialize;
use tokio::sync::mpsc;

use crate::centre::{Centre, Submissions, name};
use crate::cycle::WARMUP_S;
use crate::environment::{self, LoadAverage};
use crate::figures::Quantiles;
use crate::floor::{STEP_RECORD_BYTES, Segment};
use crate::guard::Keeper;
use crate::threads::CpuTimes;

/// Agents at work.
const AGENTS: u64 = 100;
/// Chats that each of them takes at once: enough for everything under way.
const CHATS: u8 = 20;

/// The JSON of `hall`.
#[derive(Serialize)]
pub(crate) struct Cell {
    pub(crate) outstanding: usize,
    pub(crate) round: usize,
    pub(crate) load: LoadAverage,
    pub(crate) cycles_per_s: f64,
    /// Of whole cycles.
    pub(crate) cycle: Quantiles,
    /// Of each step: submit until its offer is heard, accept, complete.
    pub(crate) steps: [Quantiles; 3],
    /// Microseconds of processor time per cycle, by thread.
    pub(crate) cpu_us_per_cycle: Vec<(String, f64)>,
    /// Of the loop's thread per input taken in.
    pub(crate) loop_us_per_input: f64,
    /// Entries of a record on average.
    pub(crate) entries_per_record: f64,
    pub(crate) records_per_s: f64,
    /// Seconds the projection needed to catch up after the clients stopped.
    pub(crate) catch_up_s: f64,
    /// Flushes of 512 bytes per second just before and just after.
    pub(crate) syncs_per_s: [f64; 2],
    /// Records per second of a raw log with as many outstanding.
    pub(crate) log_records_per_s: f64,
}

pub(crate) fn measure(
    folder: &Path,
    outstanding: &[usize],
    seconds: f64,
    rounds: usize,
    keeper: &Keeper,
) -> anyhow::Result<Vec<Cell>> {
    let segment = Segment::create(folder)?;
    let mut cells = Vec::new();
    for round in 0..rounds {
        for &outstanding in outstanding {
            keeper.check()?;
            let data = tempfile::tempdir_in(folder)?;
            let cell = measure_cell(data.path(), &segment, outstanding, seconds, round)
                .with_context(|| format!("{outstanding} outstanding"))?;
            eprintln!(
                "round {}/{rounds}, {outstanding} outstanding: {:.0} cycles/s",
                round + 1,
                cell.cycles_per_s
            );
            cells.push(cell);
        }
    }
    Ok(cells)
}

fn measure_cell(
    data: &Path,
    segment: &Segment,
    outstanding: usize,
    seconds: f64,
    round: usize,
) -> anyhow::Result<Cell> {
    let load = environment::load_average()?;
    let log = segment.write_groups(outstanding, STEP_RECORD_BYTES, Duration::from_millis(400))?;
    let centre = Centre::open(data)?;
    centre.furnish(AGENTS, CHATS)?;
    centre.catch_up()?;
    let before = segment.probe(0.4)?;
    let mut client = Client::new(&centre)?;
    client.run_for(WARMUP_S, outstanding)?;
    client.forget_figures();
    let cpu_before = CpuTimes::read(0)?;
    let elapsed = client.run_for(seconds, outstanding)?;
    let cpu = CpuTimes::read(0)?.since(&cpu_before);
    let figures = client.figures();
    client.finish()?;
    let submitted = client.submissions_sent;
    drop(client);
    let stopped = Instant::now();
    centre.catch_up()?;
    let catch_up_s = stopped.elapsed().as_secs_f64();
    let after = segment.probe(0.4)?;
    let overview = centre.overview()?;
    anyhow::ensure!(
        overview.submitted == submitted && overview.open == 0,
        "the books do not balance: {submitted} submitted, the hall knows of {} and holds {} open",
        overview.submitted,
        overview.open,
    );
    centre.close(false);
    let cycles = figures.cycles_us.len() as f64;
    let of_loop = cpu.iter().find(|(name, _)| name == "loop");
    let [submit, accept, complete] = figures.steps_us;
    let quantiles = |sample| Quantiles::of(sample).context("no cycle ended; measure longer");
    Ok(Cell {
        outstanding,
        round,
        load,
        cycles_per_s: cycles / elapsed.as_secs_f64(),
        cycle: quantiles(figures.cycles_us)?,
        steps: [quantiles(submit)?, quantiles(accept)?, quantiles(complete)?],
        loop_us_per_input: of_loop.map_or(0.0, |(_, us)| us / (cycles * 3.0)),
        cpu_us_per_cycle: cpu
            .into_iter()
            .map(|(name, us)| (name, us / cycles))
            .collect(),
        entries_per_record: figures.entries as f64 / figures.records.max(1) as f64,
        records_per_s: figures.records as f64 / elapsed.as_secs_f64(),
        catch_up_s,
        syncs_per_s: [before, after],
        log_records_per_s: log.records_per_s,
    })
}

type Line = (u64, Result<Answer, CommandFault>);

/// What a client saw.
#[derive(Default)]
struct Figures {
    cycles_us: Vec<f64>,
    steps_us: [Vec<f64>; 3],
    records: u64,
    entries: u64,
}

/// One client thread with many cycles under way.
struct Client<'a> {
    centre: &'a Centre,
    submissions: Submissions,
    reply_to: mpsc::UnboundedSender<Line>,
    replies: mpsc::UnboundedReceiver<Line>,
    pushes: Subscription,
    offers: HashMap<InteractionId, (OfferId, AgentId)>,
    cycles: Vec<Cycle>,
    reason: Name,
    figures: Figures,
    submissions_sent: u64,
    /// No new cycles are begun.
    ending: bool,
}

/// A cycle under way; its place in the list is the tag of its commands.
struct Cycle {
    began: Instant,
    step_began: Instant,
    at: Step,
}

#[derive(Clone, Copy)]
enum Step {
    Idle,
    Submitting,
    Accepting(InteractionId, AgentId),
    Completing,
}

impl<'a> Client<'a> {
    fn new(centre: &'a Centre) -> anyhow::Result<Self> {
        let (reply_to, replies) = mpsc::unbounded_channel();
        Ok(Self {
            centre,
            submissions: Submissions::new(centre, &["English>=2".to_owned()])?,
            reply_to,
            replies,
            pushes: centre.hall.subscribe(centre.tenant, Interest::Everything)?,
            offers: HashMap::new(),
            cycles: Vec::new(),
            reason: name("solved")?,
            figures: Figures::default(),
            submissions_sent: 0,
            ending: false,
        })
    }

    /// Keeps cycles under way for some time; those that are under way at the end stay so.
    fn run_for(&mut self, seconds: f64, outstanding: usize) -> anyhow::Result<Duration> {
        let started = Instant::now();
        while self.cycles.len() < outstanding {
            self.cycles.push(Cycle {
                began: started,
                step_began: started,
                at: Step::Idle,
            });
            self.submit(self.cycles.len() - 1)?;
        }
        while started.elapsed().as_secs_f64() < seconds {
            self.hear()?;
        }
        Ok(started.elapsed())
    }

    /// Lets the cycles under way end.
    fn finish(&mut self) -> anyhow::Result<()> {
        self.ending = true;
        while self
            .cycles
            .iter()
            .any(|cycle| !matches!(cycle.at, Step::Idle))
        {
            self.hear()?;
        }
        Ok(())
    }

    fn forget_figures(&mut self) {
        self.figures = Figures::default();
    }

    fn figures(&mut self) -> Figures {
        std::mem::take(&mut self.figures)
    }

    /// Waits for an answer and works off everything that is there.
    fn hear(&mut self) -> anyhow::Result<()> {
        let mut next = self.replies.blocking_recv();
        // An offer is pushed before the submission that led to it is answered.
        while let Ok(push) = self.pushes.pushes.try_recv() {
            self.learn_offers(&push);
        }
        while let Some((tag, result)) = next {
            let answer = result?;
            self.go_on(usize::try_from(tag)?, answer)?;
            next = self.replies.try_recv().ok();
            if !self.pushes.pushes.is_empty() {
                while let Ok(push) = self.pushes.pushes.try_recv() {
                    self.learn_offers(&push);
                }
            }
        }
        anyhow::ensure!(!self.pushes.pushes.is_closed(), "the pushes ended");
        Ok(())
    }

    fn learn_offers(&mut self, push: &Push) {
        self.figures.records += 1;
        self.figures.entries += push.record.entries.len() as u64;
        for (_, _, event) in push.record.events() {
            if let Event::Offer(OfferEvent::Made { offer, .. }) = event {
                self.offers
                    .insert(offer.interaction, (offer.id, offer.agent));
            }
        }
    }

    fn go_on(&mut self, tag: usize, answer: Answer) -> anyhow::Result<()> {
        let now = Instant::now();
        let cycle = &mut self.cycles[tag];
        let step_us = now.duration_since(cycle.step_began).as_secs_f64() * 1e6;
        cycle.step_began = now;
        match cycle.at {
            Step::Idle => anyhow::bail!("an answer that nobody waits for"),
            Step::Submitting => {
                let Outcome::Submitted { interaction, .. } = answer.outcome else {
                    anyhow::bail!("a submission was answered by {:?}", answer.outcome);
                };
                let (offer, agent) = self
                    .offers
                    .remove(&interaction)
                    .with_context(|| format!("no offer of {interaction} was heard"))?;
                cycle.at = Step::Accepting(interaction, agent);
                self.figures.steps_us[0].push(step_us);
                self.send(tag, Input::Offer(OfferInput::Accept { offer, agent }))
            }
            Step::Accepting(interaction, agent) => {
                cycle.at = Step::Completing;
                self.figures.steps_us[1].push(step_us);
                let reason = self.reason.clone();
                let complete = InteractionInput::Complete {
                    interaction,
                    agent,
                    reason,
                    disposition: None,
                };
                self.send(tag, Input::Interaction(complete))
            }
            Step::Completing => {
                cycle.at = Step::Idle;
                self.figures.steps_us[2].push(step_us);
                let cycle_us = now.duration_since(cycle.began).as_secs_f64() * 1e6;
                self.figures.cycles_us.push(cycle_us);
                if self.ending {
                    Ok(())
                } else {
                    self.submit(tag)
                }
            }
        }
    }

    fn submit(&mut self, tag: usize) -> anyhow::Result<()> {
        let now = Instant::now();
        let cycle = &mut self.cycles[tag];
        cycle.began = now;
        cycle.step_began = now;
        cycle.at = Step::Submitting;
        self.submissions_sent += 1;
        let input = self.submissions.next()?;
        self.send(tag, input)
    }

    fn send(&self, tag: usize, input: Input) -> anyhow::Result<()> {
        let reply = Reply::Tagged {
            tag: u64::try_from(tag)?,
            to: self.reply_to.clone(),
        };
        self.centre.send(input, reply);
        Ok(())
    }
}
