//! Matches worked out by hand from the target syntax and the selection rules of the older
//! routing server. Each row is one small world, one question and one answer with its reason;
//! both matchers must give it.

use super::{Matcher, Matching, Naive, Waiting};
use ringback_model::target::{Qualification, Skills};
use ringback_model::{
    AgentId, EngineTime, Medium, Millis, OrderKey, RouteRequestId, Tier, VirtualQueueId,
};
use std::fmt::Debug;
use std::str::FromStr;

struct Row {
    /// One per line: `a1 A=3 B=1 voice@10 email@0` - skills, and media it is free for since.
    agents: &'static str,
    /// One per line: `r1 v1 voice tier=0 at=10 credit=0: A>=1`. Everything between the id and
    /// the colon may be left out: `v1 voice tier=0 at=0 credit=0`. Sequence = order of lines.
    requests: &'static str,
    /// `agent for r1`, `request for a1` or `order of v1`.
    question: &'static str,
    /// Ids, or `nobody`.
    answer: &'static str,
    why: &'static str,
}

const ROWS: [Row; 24] = [
    Row {
        agents: "a1 English=20 Loans=2 voice@0",
        requests: "r1: English=20 & Loans=2",
        question: "agent for r1",
        answer: "a1",
        why: "the anonymous skill target of the reference, met exactly",
    },
    Row {
        agents: "a1 English=21 Loans=2 voice@0",
        requests: "r1: English=20 & Loans=2",
        question: "agent for r1",
        answer: "nobody",
        why: "= means exactly this level; a better one is not equal",
    },
    Row {
        agents: "a1 A=2 voice@0\n a2 A=3 voice@5",
        requests: "r1: A>2",
        question: "agent for r1",
        answer: "a2",
        why: "> is strict, so the longer idle a1 at level 2 does not count",
    },
    Row {
        agents: "a1 A=2 voice@0\n a2 A=3 voice@5",
        requests: "r1: A>=2",
        question: "agent for r1",
        answer: "a1",
        why: ">= takes level 2, and of two who qualify the longer idle goes first",
    },
    Row {
        agents: "a1 A=2 voice@0\n a2 A=1 voice@5",
        requests: "r1: A<2",
        question: "agent for r1",
        answer: "a2",
        why: "< is strict: a1 at level 2 is out",
    },
    Row {
        agents: "a1 A=3 voice@0\n a2 A=2 voice@5",
        requests: "r1: A<=2",
        question: "agent for r1",
        answer: "a2",
        why: "<= takes level 2 but not 3",
    },
    Row {
        agents: "a1 A=2 voice@0\n a2 A=1 voice@5",
        requests: "r1: A!=2",
        question: "agent for r1",
        answer: "a2",
        why: "!= takes every level but the named one",
    },
    Row {
        agents: "a1 voice@3",
        requests: "r1: Complaints=0",
        question: "agent for r1",
        answer: "a1",
        why: "a skill the agent does not have compares as level 0",
    },
    Row {
        agents: "a1 voice@0\n a2 Complaints=1 voice@9",
        requests: "r1: Complaints>0",
        question: "agent for r1",
        answer: "a2",
        why: "level 0 is the same as not having the skill, so > 0 asks for having it",
    },
    Row {
        agents: "a1 voice@0",
        requests: "r1: Complaints!=1",
        question: "agent for r1",
        answer: "a1",
        why: "a missing skill is level 0, and 0 is not 1",
    },
    Row {
        agents: "a1 A=1 voice@5\n a2 B=1 voice@0\n a3 B=1 C=1 voice@7",
        requests: "r1: A>=1 | B>=1 & C>=1",
        question: "agent for r1",
        answer: "a1",
        why: "& binds tighter than |: A alone is enough, B alone is not; a1 idles before a3",
    },
    Row {
        agents: "a1 A=1 voice@5\n a2 B=1 voice@0\n a3 B=1 C=1 voice@7",
        requests: "r1: (A>=1 | B>=1) & C>=1",
        question: "agent for r1",
        answer: "a3",
        why: "parentheses overrule: now C is wanted of everybody",
    },
    Row {
        agents: "a1 S1=4 S2=7 voice@9\n a2 S1=4 S2=9 voice@0\n a3 S3=2 voice@5",
        requests: "r1: S1=4 & S2>=5 & S2<=8 | S3=2",
        question: "agent for r1",
        answer: "a3",
        why: "the ideal agent lies within the range or has the other skill; a2 is above the range",
    },
    Row {
        agents: "a1 email@0\n a2 voice@50",
        requests: "r1:",
        question: "agent for r1",
        answer: "a2",
        why: "an empty expression means anybody, but free for the medium of the request",
    },
    Row {
        agents: "a2 A=1 voice@4\n a1 A=1 voice@4",
        requests: "r1: A>=1",
        question: "agent for r1",
        answer: "a1",
        why: "equally long idle: the smaller id, so that equal inputs give equal answers",
    },
    Row {
        agents: "a1 A=1",
        requests: "r1: A>=1",
        question: "agent for r1",
        answer: "nobody",
        why: "a skilled agent without free capacity gets nothing",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 at=100: A>=1\n r2 at=90: A>=1",
        question: "request for a1",
        answer: "r2",
        why: "within a tier whoever began to wait first is served first",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 at=10: A>=1\n r2 tier=1 at=5000: A=1",
        question: "request for a1",
        answer: "r2",
        why: "priority goes before waiting time, however long the wait",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 at=10000: A>=1\n r2 at=99000 credit=90000: A>=1",
        question: "request for a1",
        answer: "r2",
        why: "90 s of credit at entry: r2 counts as waiting since 9 s, r1 since 10 s",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 at=8000: A>=1\n r2 at=99000 credit=90000: A>=1",
        question: "request for a1",
        answer: "r1",
        why: "credit is not precedence: who has waited longer than credit and wait stays ahead",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 v2 at=7: A>=1\n r2 v1 at=7: A>=1",
        question: "request for a1",
        answer: "r1",
        why: "equal waits are told apart by who asked first, across virtual queues",
    },
    Row {
        agents: "a1 A=1 voice@0",
        requests: "r1 email at=1: A>=1\n r2 tier=9 at=1: B>=1\n r3 at=900: A>=1",
        question: "request for a1",
        answer: "r3",
        why: "walking the line by priority and wait, the first routable one is taken: not \
              e-mail, not skill B",
    },
    Row {
        agents: "a1 A=1 voice@0 email@0",
        requests: "r1 voice at=20: A>=1\n r2 email at=10: A>=1",
        question: "request for a1",
        answer: "r2",
        why: "free for both media, the agent gets the first of both lines together",
    },
    Row {
        agents: "",
        requests: "r1 at=30: A=1\n r2 at=20: B=1\n r3 v2 at=1:\n r4 tier=1 at=90: A=1\n \
                   r5 at=95 credit=70: B=2",
        question: "order of v1",
        answer: "r4 r2 r5 r1",
        why: "one virtual queue has one order over all its expressions: tier, then start \
              less credit (20, 25, 30)",
    },
];

#[test]
fn matches_worked_out_by_hand_come_out_that_way() {
    for (number, row) in (1..).zip(&ROWS) {
        for matcher in [
            &mut Matcher::default() as &mut dyn Matching,
            &mut Naive::default(),
        ] {
            lines(row.agents).for_each(|line| tell_agent(line, matcher));
            let requests = (1..).zip(lines(row.requests));
            requests.for_each(|(sequence, line)| tell_request(line, sequence, matcher));
            let answer = ask(row.question, matcher);
            assert_eq!(answer, row.answer, "row {number}: {}", row.why);
        }
    }
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

fn read<T: FromStr<Err: Debug>>(text: &str) -> T {
    text.parse().expect(text)
}

fn tell_agent(line: &str, to: &mut dyn Matching) {
    let mut words = line.split(' ');
    let agent: AgentId = read(words.next().unwrap());
    let (skills, free): (Vec<&str>, Vec<&str>) = words.partition(|word| word.contains('='));
    let skills = skills.iter().map(|word| word.split_once('=').unwrap());
    let skills = skills.map(|(name, level)| (read(name), read(level)));
    let skills: Skills = skills.collect();
    to.put_agent(agent, &Qualification::from(skills));
    for (medium, since) in free.iter().map(|word| word.split_once('@').unwrap()) {
        to.set_free(agent, read(medium), Some(EngineTime(read(since))));
    }
}

fn tell_request(line: &str, sequence: u64, to: &mut dyn Matching) {
    let (words, wanted) = line.split_once(':').unwrap();
    let (mut queue, mut medium) = (VirtualQueueId(1), Medium::Voice);
    let (mut tier, mut at, mut credit) = (0, 0, 0);
    let mut words = words.split(' ');
    let id: RouteRequestId = read(words.next().unwrap());
    for word in words {
        match word.split_once('=') {
            Some(("tier", value)) => tier = read(value),
            Some(("at", value)) => at = read(value),
            Some(("credit", value)) => credit = read(value),
            Some(_) => panic!("{word}?"),
            None if word.parse::<Medium>().is_ok() => medium = read(word),
            None => queue = read(word),
        }
    }
    let key = OrderKey::new(Tier(tier), EngineTime(at), Millis(credit), sequence);
    let request = Waiting {
        id,
        virtual_queue: queue,
        medium,
        key,
    };
    to.add(request, &read(wanted));
}

fn ask(question: &str, of: &dyn Matching) -> String {
    let words: Vec<&str> = question.split(' ').collect();
    let nobody = || "nobody".to_owned();
    match words[..] {
        ["agent", "for", request] => {
            let found = of.agent_for(read(request), &mut |_| true);
            found.map_or_else(nobody, |found| found.agent.to_string())
        }
        ["request", "for", agent] => {
            let found = of.request_for(read(agent), &mut |_| true);
            found.map_or_else(nobody, |found| found.to_string())
        }
        ["order", "of", queue] => {
            let order = of.in_order(read(queue), usize::MAX);
            let order: Vec<String> = order.iter().map(ToString::to_string).collect();
            order.join(" ")
        }
        _ => panic!("{question}?"),
    }
}
