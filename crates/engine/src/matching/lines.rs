//! The waiting lines: requests of one virtual queue, one medium and one expression, in order.
//!
//! A request stands in three trees: by id, to be found; in its line, to be the first of it; in
//! its virtual queue, to have a place. Ids grow, so the tree by id is filled at its end and
//! takes half the memory of a hash table.

use super::Waiting;
use super::bits::Bits;
use super::qualified::ExprId;
use super::tree::{Iter, Tree};
use crate::lookup::Lookup;
use ringback_model::{Medium, OrderKey, RouteRequestId, Tier, VirtualQueueId};
use std::cmp::{Ordering, Reverse};
use std::collections::{BTreeMap, BinaryHeap};

/// The number that stands for a line. Used again when the line is dropped.
pub(super) type LineId = u32;

/// So many empty lines are kept, with their expressions, for the next request like the last.
/// Few in tests, so that dropping is tested all the time.
pub(super) const EMPTY_KEPT_MAX: usize = if cfg!(test) { 3 } else { 4_096 };

/// A request in a line; the smallest goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) key: OrderKey,
    pub(super) id: RouteRequestId,
}

/// A request and the line it belongs to, before it is put there.
#[derive(Debug, Clone, Copy)]
pub(crate) struct InLine {
    entry: Entry,
    line: LineId,
}

impl InLine {
    pub(super) const fn new(line: LineId, request: &Waiting) -> Self {
        let entry = Entry {
            key: request.key,
            id: request.id,
        };
        Self { entry, line }
    }
}

/// What all requests of a line have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Kind {
    pub(super) queue: VirtualQueueId,
    pub(super) medium: Medium,
    pub(super) wanted: ExprId,
}

/// One line.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) order: Tree<Entry>,
    /// The first in order; means something while somebody is.
    first: Entry,
    /// When it became empty, as a count of such moments; means something while it is.
    emptied: u64,
}

/// All lines and what is in them.
#[derive(Debug, Default)]
pub(super) struct Lines {
    ids: Lookup<Kind, LineId>,
    lines: Vec<Line>,
    vacant: Vec<LineId>,
    queues: BTreeMap<VirtualQueueId, Queue>,
    fronts: [Front; Medium::ALL.len()],
    requests: Tree<Whereabouts>,
    /// Empty lines, the longest empty first.
    empty: BTreeMap<u64, LineId>,
    emptied: u64,
}

/// One virtual queue.
#[derive(Debug, Default)]
struct Queue {
    lines: Vec<Member>,
    /// Everybody in it.
    order: Tree<Entry>,
}

/// A line of a virtual queue, with what is asked of all of them in a row.
#[derive(Debug, Clone, Copy)]
struct Member {
    line: LineId,
    wanted: ExprId,
    medium: Medium,
}

/// Per expression, the first request over one medium, whatever its virtual queue.
#[derive(Debug, Default)]
pub(super) struct Front {
    /// The expressions somebody waits with.
    occupied: Bits,
    /// Per expression; means something only for members of `occupied`.
    first: Vec<Entry>,
    /// Per expression, its lines over this medium with somebody in them.
    heads: Vec<Tree<Head>>,
}

/// The first request of a line, and which line that is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    first: Entry,
    line: LineId,
}

/// Where a request is, packed: there are as many of these as requests. Equal and ordered by
/// the id alone.
#[derive(Debug, Clone, Copy)]
struct Whereabouts {
    id: RouteRequestId,
    from: i64,
    sequence: u64,
    line: LineId,
    tier: Tier,
}

impl Whereabouts {
    fn new(entry: Entry, line: LineId) -> Self {
        let OrderKey {
            tier,
            from,
            sequence,
        } = entry.key;
        Self {
            id: entry.id,
            from,
            sequence,
            line,
            tier,
        }
    }

    /// Finds the request of this id in a tree.
    fn probe(id: RouteRequestId) -> Self {
        Self::new(
            Entry {
                id,
                ..Entry::NOBODY
            },
            0,
        )
    }

    fn entry(self) -> Entry {
        Entry {
            key: OrderKey {
                tier: self.tier,
                from: self.from,
                sequence: self.sequence,
            },
            id: self.id,
        }
    }
}

impl Ord for Whereabouts {
    fn cmp(&self, other: &Self) -> Ordering {
        self.id.cmp(&other.id)
    }
}

impl PartialOrd for Whereabouts {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Whereabouts {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl Eq for Whereabouts {}

impl Lines {
    /// The line of this kind, if there is one.
    pub(super) fn find(&self, kind: Kind) -> Option<LineId> {
        self.ids.get(&kind).copied()
    }

    /// Opens a line, empty as yet.
    pub(super) fn open(&mut self, kind: Kind) -> LineId {
        let line = Line {
            kind,
            order: Tree::default(),
            first: Entry::NOBODY,
            emptied: 0,
        };
        let id = if let Some(id) = self.vacant.pop() {
            self.lines[id as usize] = line;
            id
        } else {
            self.lines.push(line);
            (self.lines.len() - 1) as LineId
        };
        self.ids.insert(kind, id);
        let queue = self.queues.entry(kind.queue).or_default();
        queue.lines.push(Member {
            line: id,
            wanted: kind.wanted,
            medium: kind.medium,
        });
        self.fronts[kind.medium.index()].make_room(kind.wanted);
        self.note_empty(id);
        id
    }

    /// Drops the line that has been empty for longest if more are empty than should be kept;
    /// returns the expression it wanted.
    pub(super) fn drop_surplus(&mut self) -> Option<ExprId> {
        if self.empty.len() <= EMPTY_KEPT_MAX {
            return None;
        }
        let (_, id) = self.empty.pop_first()?;
        let kind = self.lines[id as usize].kind;
        self.ids.remove(&kind);
        self.vacant.push(id);
        if let Some(queue) = self.queues.get_mut(&kind.queue) {
            queue.lines.retain(|member| member.line != id);
            if queue.lines.is_empty() {
                self.queues.remove(&kind.queue);
            }
        }
        Some(kind.wanted)
    }

    /// Puts a request that is in no line into this one.
    pub(super) fn add(&mut self, id: LineId, request: &Waiting) {
        let entry = Entry {
            key: request.key,
            id: request.id,
        };
        let line = &mut self.lines[id as usize];
        let kind = line.kind;
        if line.order.is_empty() {
            self.empty.remove(&line.emptied);
        }
        let before = line.first();
        line.order.insert(entry);
        if before.is_none_or(|before| entry < before) {
            line.first = entry;
            self.fronts[kind.medium.index()].moved(kind.wanted, id, before, Some(entry));
        }
        if let Some(queue) = self.queues.get_mut(&kind.queue) {
            queue.order.insert(entry);
        }
        self.requests.insert(Whereabouts::new(entry, id));
    }

    /// Puts requests into their lines, which are empty, as all others: sorts once what would
    /// be searched for one by one, and builds the trees from that.
    pub(super) fn fill(&mut self, mut requests: Vec<InLine>) {
        debug_assert_eq!(self.len(), 0, "somebody waits already");
        requests.sort_unstable_by_key(|request| request.entry.id);
        requests.dedup_by_key(|request| request.entry.id);
        let whereabouts = requests.iter();
        let whereabouts = whereabouts.map(|it| Whereabouts::new(it.entry, it.line));
        self.requests = Tree::from_sorted(whereabouts);
        requests.sort_unstable_by_key(|request| request.entry);
        let mut orders = BTreeMap::new();
        let mut lines: Vec<Vec<Entry>> = vec![Vec::new(); self.lines.len()];
        for InLine { entry, line } in requests {
            let queue = self.lines[line as usize].kind.queue;
            let order: &mut Vec<Entry> = orders.entry(queue).or_default();
            order.push(entry);
            lines[line as usize].push(entry);
        }
        for (id, entries) in (0..).zip(lines) {
            self.fill_line(id, &entries);
        }
        for (queue, order) in orders {
            if let Some(queue) = self.queues.get_mut(&queue) {
                queue.order = Tree::from_sorted(order.into_iter());
            }
        }
    }

    fn fill_line(&mut self, id: LineId, entries: &[Entry]) {
        let Some(first) = entries.first().copied() else {
            return;
        };
        let line = &mut self.lines[id as usize];
        self.empty.remove(&line.emptied);
        line.order = Tree::from_sorted(entries.iter().copied());
        line.first = first;
        let Kind { medium, wanted, .. } = line.kind;
        self.fronts[medium.index()].moved(wanted, id, None, Some(first));
    }

    /// Takes a request out of its line.
    pub(super) fn remove(&mut self, request: RouteRequestId) -> bool {
        let Some(at) = self.requests.take(&Whereabouts::probe(request)) else {
            return false;
        };
        let entry = at.entry();
        let line = &mut self.lines[at.line as usize];
        let kind = line.kind;
        line.order.remove(&entry);
        if line.first == entry {
            let after = line.order.first();
            line.first = after.unwrap_or(Entry::NOBODY);
            let front = &mut self.fronts[kind.medium.index()];
            front.moved(kind.wanted, at.line, Some(entry), after);
        }
        if line.order.is_empty() {
            self.note_empty(at.line);
        }
        if let Some(queue) = self.queues.get_mut(&kind.queue) {
            queue.order.remove(&entry);
        }
        true
    }

    /// The place of a request and the line it is in.
    pub(super) fn of(&self, request: RouteRequestId) -> Option<(Entry, &Line)> {
        let at = self.requests.get(&Whereabouts::probe(request))?;
        Some((at.entry(), &self.lines[at.line as usize]))
    }

    /// A virtual queue, in order.
    pub(super) fn in_order(&self, queue: VirtualQueueId) -> impl Iterator<Item = Entry> {
        let queue = self.queues.get(&queue);
        queue.into_iter().flat_map(|queue| queue.order.iter())
    }

    /// How many stand before this entry in a virtual queue.
    pub(super) fn ahead(&self, queue: VirtualQueueId, entry: &Entry) -> u32 {
        let queue = self.queues.get(&queue);
        queue.map_or(0, |queue| queue.order.rank(entry))
    }

    /// How many of those stand in lines of these kinds.
    pub(super) fn ahead_in(
        &self,
        queue: VirtualQueueId,
        entry: &Entry,
        counts: impl Fn(Medium, ExprId) -> bool,
    ) -> u32 {
        let members = self
            .queues
            .get(&queue)
            .map_or(&[][..], |queue| &queue.lines);
        let members = members.iter();
        let members = members.filter(|member| counts(member.medium, member.wanted));
        let lines = members.map(|member| &self.lines[member.line as usize]);
        // Mostly the whole line stands behind, and its tree need not be looked at.
        let lines = lines.filter(|line| line.first().is_some_and(|first| first < *entry));
        lines.map(|line| line.order.rank(entry)).sum()
    }

    /// The lines of these expressions over this medium.
    pub(super) fn of_medium(
        &self,
        medium: Medium,
        wanted: impl Iterator<Item = u64>,
    ) -> Vec<&Line> {
        let front = &self.fronts[medium.index()];
        let mut lines = Vec::new();
        front.occupied.each_of_both(wanted, |expression| {
            let heads = front.heads[expression as usize].iter();
            lines.extend(heads.map(|head| &self.lines[head.line as usize]));
        });
        lines
    }

    /// The first request over this medium with one of these expressions.
    pub(super) fn first(&self, medium: Medium, wanted: impl Iterator<Item = u64>) -> Option<Entry> {
        let front = &self.fronts[medium.index()];
        let mut best: Option<Entry> = None;
        front.occupied.each_of_both(wanted, |expression| {
            let entry = front.first[expression as usize];
            if best.is_none_or(|best| entry < best) {
                best = Some(entry);
            }
        });
        best
    }

    /// How many wait in a virtual queue.
    pub(super) fn waiting(&self, queue: VirtualQueueId) -> u32 {
        self.queues.get(&queue).map_or(0, |queue| queue.order.len())
    }

    /// How many wait at all.
    pub(super) fn len(&self) -> usize {
        self.requests.len() as usize
    }

    /// An estimate, in bytes on the heap.
    pub(super) fn bytes(&self) -> usize {
        let lines: usize = self.lines.iter().map(|line| line.order.bytes()).sum();
        self.ids.bytes()
            + self.lines.capacity() * size_of::<Line>()
            + lines
            + self.queues.values().map(Queue::bytes).sum::<usize>()
            + self.requests.bytes()
            + self.fronts.iter().map(Front::bytes).sum::<usize>()
    }

    fn note_empty(&mut self, id: LineId) {
        self.emptied += 1;
        self.lines[id as usize].emptied = self.emptied;
        self.empty.insert(self.emptied, id);
    }
}

impl Queue {
    fn bytes(&self) -> usize {
        size_of::<Self>() + self.lines.capacity() * size_of::<Member>() + self.order.bytes()
    }
}

impl Line {
    fn first(&self) -> Option<Entry> {
        (!self.order.is_empty()).then_some(self.first)
    }
}

impl Front {
    fn make_room(&mut self, wanted: ExprId) {
        let len = wanted as usize + 1;
        if len > self.first.len() {
            self.first.resize(len, Entry::NOBODY);
            self.heads.resize_with(len, Tree::default);
        }
    }

    /// Another request, or none, is the first of this line now.
    fn moved(&mut self, wanted: ExprId, line: LineId, before: Option<Entry>, after: Option<Entry>) {
        let heads = &mut self.heads[wanted as usize];
        if let Some(first) = before {
            heads.remove(&Head { first, line });
        }
        if let Some(first) = after {
            heads.insert(Head { first, line });
        }
        let head = heads.first();
        self.occupied.put(wanted, head.is_some());
        self.first[wanted as usize] = head.map_or(Entry::NOBODY, |head| head.first);
    }

    fn bytes(&self) -> usize {
        self.occupied.bytes()
            + self.first.capacity() * size_of::<Entry>()
            + self.heads.capacity() * size_of::<Tree<Head>>()
            + self.heads.iter().map(Tree::bytes).sum::<usize>()
    }
}

impl Entry {
    /// Fills the places that mean nothing.
    const NOBODY: Self = Self {
        key: OrderKey {
            tier: Tier(0),
            from: 0,
            sequence: 0,
        },
        id: RouteRequestId(0),
    };
}

/// Walks several lines at once, in the order of their entries.
pub(super) struct Merged<'a> {
    /// The next entry of each line that has one, and which line that is.
    next: BinaryHeap<Reverse<(Entry, usize)>>,
    lines: Vec<Iter<'a, Entry>>,
}

impl<'a> Merged<'a> {
    pub(super) fn new(lines: impl IntoIterator<Item = &'a Line>) -> Self {
        let mut lines: Vec<_> = lines.into_iter().map(|line| line.order.iter()).collect();
        let next = lines.iter_mut().enumerate();
        Self {
            next: next
                .filter_map(|(index, line)| Some(Reverse((line.next()?, index))))
                .collect(),
            lines,
        }
    }
}

impl Iterator for Merged<'_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let mut top = self.next.peek_mut()?;
        let Reverse((entry, index)) = *top;
        match self.lines[index].next() {
            Some(next) => *top = Reverse((next, index)),
            None => {
                std::collections::binary_heap::PeekMut::pop(top);
            }
        }
        Some(entry)
    }
}

#[cfg(test)]
impl Lines {
    /// Every line with somebody in it, by virtual queue and medium.
    pub(super) fn occupied(&self) -> Vec<&Line> {
        let lines = self.queues.values().flat_map(|queue| &queue.lines);
        let lines = lines.map(|member| &self.lines[member.line as usize]);
        lines.filter(|line| !line.order.is_empty()).collect()
    }

    /// Panics where two parts of the index say different things.
    pub(super) fn check(&self) {
        assert!(self.empty.len() <= EMPTY_KEPT_MAX);
        let members = self.queues.values().flat_map(|queue| &queue.lines);
        let open: Vec<LineId> = members.map(|member| member.line).collect();
        assert_eq!(open.len() + self.vacant.len(), self.lines.len());
        assert_eq!(open.len(), self.ids.len());
        let mut waiting = 0;
        for &id in &open {
            let line = &self.lines[id as usize];
            assert_eq!(self.find(line.kind), Some(id));
            let noted = self.empty.get(&line.emptied) == Some(&id);
            assert_eq!(noted, line.order.is_empty(), "line {id} noted as empty");
            for entry in line.order.iter() {
                let (found, at) = self.of(entry.id).expect("an entry has its whereabouts");
                assert_eq!((found, at.kind), (entry, line.kind));
            }
            waiting += line.order.len() as usize;
        }
        assert_eq!(waiting, self.len());
        for (&id, queue) in &self.queues {
            let lines = queue.lines.iter().map(|member| {
                let line = &self.lines[member.line as usize];
                let (medium, wanted) = (member.medium, member.wanted);
                let queue = id;
                assert_eq!(
                    line.kind,
                    Kind {
                        queue,
                        medium,
                        wanted
                    }
                );
                line
            });
            assert!(Merged::new(lines).eq(queue.order.iter()));
        }
        for (&medium, front) in Medium::ALL.iter().zip(&self.fronts) {
            for (wanted, heads) in (0..).zip(&front.heads) {
                let of_it = |id: &&LineId| {
                    let Kind {
                        medium: over,
                        wanted: want,
                        ..
                    } = self.lines[**id as usize].kind;
                    (over, want) == (medium, wanted)
                };
                let lines = open.iter().filter(of_it);
                let mut firsts: Vec<Head> = lines
                    .filter_map(|&line| {
                        let first = self.lines[line as usize].order.first()?;
                        Some(Head { first, line })
                    })
                    .collect();
                firsts.sort_unstable();
                assert!(heads.iter().eq(firsts.iter().copied()));
                let first = front
                    .occupied
                    .has(wanted)
                    .then(|| front.first[wanted as usize]);
                assert_eq!(first, firsts.first().map(|head| head.first));
            }
        }
    }
}
