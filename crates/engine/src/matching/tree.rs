//! An ordered set that knows its ranks: a B-tree whose inner nodes count what is below them.
//!
//! Insert, remove, first and rank take O(log n); a walk in order is as fast as walking an
//! array. The shape depends only on the sequence of calls. Entries that arrive in order fill
//! their leaves to the brim, which is how waiting lines grow.

use std::cmp::Ordering;

/// The most entries of a leaf. Few in tests, so that trees get deep.
const LEAF_MAX: usize = if cfg!(test) { 8 } else { 64 };
/// The most children of an inner node.
const INNER_MAX: usize = if cfg!(test) { 8 } else { 32 };

/// An ordered set with ranks.
#[derive(Debug)]
pub(super) struct Tree<E> {
    root: Node<E>,
    len: u32,
}

#[derive(Debug)]
enum Node<E> {
    Leaf(Vec<E>),
    Inner(Box<Inner<E>>),
}

/// Children in order; three arrays, so that a search touches only the bounds and a rank only
/// the counts. All leaves are equally deep.
#[derive(Debug)]
struct Inner<E> {
    /// Nothing in child `i` is smaller than `lows[i]` and nothing in child `i - 1` as large.
    /// The bound of the first child is not kept up to date and never asked.
    lows: Vec<E>,
    /// How many entries are below each child.
    counts: Vec<u32>,
    nodes: Vec<Node<E>>,
}

impl<E> Default for Tree<E> {
    fn default() -> Self {
        Self {
            root: Node::Leaf(Vec::new()),
            len: 0,
        }
    }
}

impl<E: Copy + Ord> Tree<E> {
    /// The set of these entries, which come in order and are all different. Its nodes are as
    /// full as those of a set that grew in order.
    pub(super) fn from_sorted(mut entries: impl ExactSizeIterator<Item = E>) -> Self {
        let len = small(entries.len());
        let mut nodes = Vec::with_capacity(entries.len().div_ceil(LEAF_MAX));
        while entries.len() > 0 {
            let mut leaf = Vec::with_capacity(entries.len().min(LEAF_MAX));
            leaf.extend(entries.by_ref().take(LEAF_MAX));
            nodes.push((leaf[0], Node::Leaf(leaf)));
        }
        while nodes.len() > 1 {
            nodes = Inner::above(nodes);
        }
        let root = nodes.pop().map(|(_, root)| root);
        Self {
            root: root.unwrap_or(Node::Leaf(Vec::new())),
            len,
        }
    }

    pub(super) fn len(&self) -> u32 {
        self.len
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// False if it was there already.
    pub(super) fn insert(&mut self, entry: E) -> bool {
        match self.root.insert(entry) {
            Inserted::Already => return false,
            Inserted::Fits => {}
            Inserted::Split(low, right) => self.grow(low, right),
        }
        self.len += 1;
        true
    }

    /// False if it was not there.
    pub(super) fn remove(&mut self, entry: &E) -> bool {
        self.take(entry).is_some()
    }

    /// Removes the entry that is equal to this one and returns it.
    pub(super) fn take(&mut self, entry: &E) -> Option<E> {
        let taken = self.root.take(entry)?;
        self.len -= 1;
        self.shrink();
        Some(taken)
    }

    /// The entry that is equal to this one.
    pub(super) fn get(&self, entry: &E) -> Option<E> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(entries) => {
                    let at = entries.binary_search(entry).ok()?;
                    return Some(entries[at]);
                }
                Node::Inner(inner) => node = &inner.nodes[inner.child_for(entry)],
            }
        }
    }

    /// The smallest.
    pub(super) fn first(&self) -> Option<E> {
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(entries) => return entries.first().copied(),
                Node::Inner(inner) => node = &inner.nodes[0],
            }
        }
    }

    /// How many are smaller than `entry`, whether or not it is in the set.
    pub(super) fn rank(&self, entry: &E) -> u32 {
        let mut smaller = 0;
        let mut node = &self.root;
        loop {
            match node {
                Node::Leaf(entries) => {
                    return smaller + small(entries.partition_point(|other| other < entry));
                }
                Node::Inner(inner) => {
                    let index = inner.child_for(entry);
                    smaller += inner.counts[..index].iter().sum::<u32>();
                    node = &inner.nodes[index];
                }
            }
        }
    }

    /// All of them, the smallest first.
    pub(super) fn iter(&self) -> Iter<'_, E> {
        let mut iter = Iter {
            above: Vec::new(),
            leaf: [].iter(),
        };
        iter.descend(&self.root);
        iter
    }

    /// Bytes on the heap. Visits every node.
    pub(super) fn bytes(&self) -> usize {
        self.root.bytes()
    }

    fn grow(&mut self, low: E, right: Node<E>) {
        let left = std::mem::replace(&mut self.root, Node::Leaf(Vec::new()));
        self.root = Node::Inner(Box::new(Inner {
            lows: vec![low, low],
            counts: vec![left.total(), right.total()],
            nodes: vec![left, right],
        }));
    }

    fn shrink(&mut self) {
        while let Node::Inner(inner) = &mut self.root
            && inner.nodes.len() <= 1
        {
            self.root = inner.nodes.pop().unwrap_or(Node::Leaf(Vec::new()));
        }
    }
}

/// What came of inserting into a node.
enum Inserted<E> {
    /// It was there before.
    Already,
    /// It is in.
    Fits,
    /// It is in, and the node was cut: this one, with this bound, belongs to its right.
    Split(E, Node<E>),
}

impl<E: Copy + Ord> Node<E> {
    fn insert(&mut self, entry: E) -> Inserted<E> {
        match self {
            Self::Leaf(entries) => insert_into_leaf(entries, entry),
            Self::Inner(inner) => inner.insert(entry),
        }
    }

    fn take(&mut self, entry: &E) -> Option<E> {
        match self {
            Self::Leaf(entries) => {
                let at = entries.binary_search(entry).ok()?;
                let taken = entries.remove(at);
                give_room_back(entries);
                Some(taken)
            }
            Self::Inner(inner) => inner.take(entry),
        }
    }

    /// How many entries are below.
    fn total(&self) -> u32 {
        match self {
            Self::Leaf(entries) => small(entries.len()),
            Self::Inner(inner) => inner.counts.iter().sum(),
        }
    }

    /// How full it is, and how full it may be.
    fn width(&self) -> (usize, usize) {
        match self {
            Self::Leaf(entries) => (entries.len(), LEAF_MAX),
            Self::Inner(inner) => (inner.nodes.len(), INNER_MAX),
        }
    }

    /// Appends a right neighbour of the same depth, whose bound is `low`.
    fn absorb(&mut self, low: E, right: Self) {
        match (self, right) {
            (Self::Leaf(left), Self::Leaf(right)) => {
                left.reserve_exact(right.len());
                left.extend(right);
            }
            (Self::Inner(left), Self::Inner(mut right)) => {
                right.lows[0] = low;
                left.lows.append(&mut right.lows);
                left.counts.append(&mut right.counts);
                left.nodes.append(&mut right.nodes);
            }
            _ => unreachable!("siblings are equally deep"),
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Leaf(entries) => entries.capacity() * size_of::<E>(),
            Self::Inner(inner) => {
                size_of::<Inner<E>>()
                    + inner.lows.capacity() * size_of::<E>()
                    + inner.counts.capacity() * size_of::<u32>()
                    + inner.nodes.capacity() * size_of::<Self>()
                    + inner.nodes.iter().map(Self::bytes).sum::<usize>()
            }
        }
    }
}

fn insert_into_leaf<E: Copy + Ord>(entries: &mut Vec<E>, entry: E) -> Inserted<E> {
    let at = match entries.last().map(|last| last.cmp(&entry)) {
        None | Some(Ordering::Less) => entries.len(),
        _ => match entries.binary_search(&entry) {
            Ok(_) => return Inserted::Already,
            Err(at) => at,
        },
    };
    if entries.len() < LEAF_MAX {
        make_room(entries);
        entries.insert(at, entry);
        return Inserted::Fits;
    }
    let mut right = entries.split_off(cut(at, LEAF_MAX));
    // Lines grow at their ends: the left part will hardly need its room again.
    entries.shrink_to_fit();
    if at < entries.len() {
        make_room(entries);
        entries.insert(at, entry);
    } else {
        make_room(&mut right);
        right.insert(at - entries.len(), entry);
    }
    Inserted::Split(right[0], Node::Leaf(right))
}

/// Grows a leaf by halves: doubling, as vectors do, would leave much of the memory unused.
fn make_room<E>(entries: &mut Vec<E>) {
    let len = entries.len();
    if len == entries.capacity() {
        entries.reserve_exact((len / 2).max(4).min(LEAF_MAX - len));
    }
}

/// Gives back what a thinned out leaf does not need, once that is a third of it.
fn give_room_back<E>(entries: &mut Vec<E>) {
    let len = entries.len();
    if entries.capacity() > len * 3 / 2 + 4 {
        entries.shrink_to_fit();
    }
}

/// Where to cut a full node into which something goes at `at`: at the end when it goes there,
/// and late when it goes near there. What arrives in order, or with a little credit, leaves
/// full nodes behind.
fn cut(at: usize, len: usize) -> usize {
    if at == len {
        len
    } else if at >= len * 3 / 4 {
        len * 3 / 4
    } else {
        len / 2
    }
}

impl<E: Copy + Ord> Inner<E> {
    /// The inner nodes above these nodes, each with its smallest entry, as they are.
    fn above(nodes: Vec<(E, Node<E>)>) -> Vec<(E, Node<E>)> {
        let mut rest = nodes.into_iter();
        let mut above = Vec::with_capacity(rest.len().div_ceil(INNER_MAX));
        while rest.len() > 0 {
            let width = rest.len().min(INNER_MAX);
            let mut inner = Self {
                lows: Vec::with_capacity(width),
                counts: Vec::with_capacity(width),
                nodes: Vec::with_capacity(width),
            };
            for (low, node) in rest.by_ref().take(INNER_MAX) {
                inner.lows.push(low);
                inner.counts.push(node.total());
                inner.nodes.push(node);
            }
            above.push((inner.lows[0], Node::Inner(Box::new(inner))));
        }
        above
    }

    fn child_for(&self, entry: &E) -> usize {
        let last = self.lows.len() - 1;
        // Most of what comes belongs to the end; searching would touch the whole array.
        if last == 0 || self.lows[last] <= *entry {
            return last;
        }
        self.lows[1..last].partition_point(|low| low <= entry)
    }

    fn insert(&mut self, entry: E) -> Inserted<E> {
        let index = self.child_for(&entry);
        match self.nodes[index].insert(entry) {
            Inserted::Already => Inserted::Already,
            Inserted::Fits => {
                self.counts[index] += 1;
                Inserted::Fits
            }
            Inserted::Split(low, right) => {
                let count = right.total();
                self.counts[index] = self.counts[index] + 1 - count;
                self.insert_child(index + 1, low, count, right)
            }
        }
    }

    fn insert_child(&mut self, at: usize, low: E, count: u32, node: Node<E>) -> Inserted<E> {
        if self.nodes.len() < INNER_MAX {
            self.put_child(at, low, count, node);
            return Inserted::Fits;
        }
        let mut right = self.split_off(cut(at, INNER_MAX));
        if at < self.nodes.len() {
            self.put_child(at, low, count, node);
        } else {
            right.put_child(at - self.nodes.len(), low, count, node);
        }
        Inserted::Split(right.lows[0], Node::Inner(Box::new(right)))
    }

    fn put_child(&mut self, at: usize, low: E, count: u32, node: Node<E>) {
        self.lows.insert(at, low);
        self.counts.insert(at, count);
        self.nodes.insert(at, node);
    }

    fn take_child(&mut self, at: usize) -> (E, u32, Node<E>) {
        (
            self.lows.remove(at),
            self.counts.remove(at),
            self.nodes.remove(at),
        )
    }

    fn split_off(&mut self, at: usize) -> Self {
        Self {
            lows: self.lows.split_off(at),
            counts: self.counts.split_off(at),
            nodes: self.nodes.split_off(at),
        }
    }

    fn take(&mut self, entry: &E) -> Option<E> {
        let index = self.child_for(entry);
        let taken = self.nodes[index].take(entry)?;
        self.counts[index] -= 1;
        let (width, max) = self.nodes[index].width();
        if width < max / 4 {
            self.mend(index);
        }
        Some(taken)
    }

    /// Child `index` got thin: drops it when empty, or joins it with a neighbour when the two
    /// leave room to grow. Otherwise the neighbours are full enough for both.
    fn mend(&mut self, index: usize) {
        if self.counts[index] == 0 {
            self.take_child(index);
        } else if !self.join_with_next(index) && index > 0 {
            self.join_with_next(index - 1);
        }
    }

    fn join_with_next(&mut self, index: usize) -> bool {
        if index + 1 >= self.nodes.len() {
            return false;
        }
        let (width, max) = self.nodes[index].width();
        if width + self.nodes[index + 1].width().0 > max * 3 / 4 {
            return false;
        }
        let (low, count, node) = self.take_child(index + 1);
        self.nodes[index].absorb(low, node);
        self.counts[index] += count;
        true
    }
}

/// Walks a [`Tree`] in order.
#[derive(Debug, Clone)]
pub(super) struct Iter<'a, E> {
    /// The inner nodes on the way down, each with the child that comes next.
    above: Vec<(&'a Inner<E>, usize)>,
    leaf: std::slice::Iter<'a, E>,
}

impl<'a, E> Iter<'a, E> {
    fn descend(&mut self, mut node: &'a Node<E>) {
        while let Node::Inner(inner) = node {
            self.above.push((inner, 1));
            node = &inner.nodes[0];
        }
        if let Node::Leaf(entries) = node {
            self.leaf = entries.iter();
        }
    }
}

impl<E: Copy> Iterator for Iter<'_, E> {
    type Item = E;

    fn next(&mut self) -> Option<E> {
        loop {
            if let Some(entry) = self.leaf.next() {
                return Some(*entry);
            }
            let (inner, next) = self.above.last_mut()?;
            match inner.nodes.get(*next) {
                Some(node) => {
                    *next += 1;
                    self.descend(node);
                }
                None => {
                    self.above.pop();
                }
            }
        }
    }
}

/// A node holds at most 64 of anything, and more than 2^32 requests fit into no memory, so
/// nothing is cut off.
const fn small(len: usize) -> u32 {
    len as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    /// Every invariant of the shape; returns the depth.
    fn check<E: Copy + Ord + std::fmt::Debug>(node: &Node<E>) -> usize {
        let Node::Inner(inner) = node else { return 0 };
        assert!(!inner.nodes.is_empty() && inner.nodes.len() <= INNER_MAX);
        assert_eq!(inner.lows.len(), inner.nodes.len());
        let depths: BTreeSet<usize> = inner.nodes.iter().map(check).collect();
        assert_eq!(depths.len(), 1, "all leaves are equally deep");
        for (index, node) in inner.nodes.iter().enumerate() {
            assert_eq!(inner.counts[index], node.total());
            assert!(node.total() > 0);
            let (first, last) = ends(node);
            assert!(index == 0 || inner.lows[index] <= first);
            assert!(inner.lows.get(index + 1).is_none_or(|next| last < *next));
        }
        depths.into_iter().sum::<usize>() + 1
    }

    /// The smallest and the largest below.
    fn ends<E: Copy>(node: &Node<E>) -> (E, E) {
        match node {
            Node::Leaf(entries) => (entries[0], entries[entries.len() - 1]),
            Node::Inner(inner) => {
                let last = inner.nodes.len() - 1;
                (ends(&inner.nodes[0]).0, ends(&inner.nodes[last]).1)
            }
        }
    }

    fn same(tree: &Tree<u32>, set: &BTreeSet<u32>) {
        check(&tree.root);
        assert_eq!(tree.len() as usize, set.len());
        assert_eq!(tree.first(), set.first().copied());
        assert!(tree.iter().eq(set.iter().copied()));
        assert_eq!(tree.get(&u32::MAX), None);
        for (rank, entry) in set.iter().enumerate() {
            assert_eq!(tree.rank(entry) as usize, rank);
            assert_eq!(tree.get(entry), Some(*entry));
            assert_eq!(tree.rank(&(entry + 1)) as usize, rank + 1);
        }
    }

    proptest! {
        #[test]
        fn a_tree_is_an_ordered_set_with_ranks(
            steps in proptest::collection::vec((0_u32..3_000, 0_u8..5), 0..6_000),
        ) {
            let mut tree = Tree::default();
            let mut set = BTreeSet::new();
            for (index, (entry, step)) in steps.iter().copied().enumerate() {
                let first = set.first().copied().unwrap_or(0);
                match step {
                    0..=2 => prop_assert_eq!(tree.insert(entry), set.insert(entry)),
                    3 => prop_assert_eq!(tree.remove(&entry), set.remove(&entry)),
                    _ => prop_assert_eq!(tree.remove(&first), set.remove(&first)),
                }
                if index % 1_000 == 0 {
                    same(&tree, &set);
                }
            }
            same(&tree, &set);
        }
    }

    proptest! {
        #[test]
        fn whole_stretches_that_come_and_go_leave_the_tree_in_shape(
            steps in proptest::collection::vec((0_u32..2_000, 1_u32..800, 1_u32..4, any::<bool>()), 1..40),
        ) {
            let mut tree = Tree::default();
            let mut set = BTreeSet::new();
            for (from, many, apart, comes) in steps {
                for entry in (from..from + many).step_by(apart as usize) {
                    if comes {
                        prop_assert_eq!(tree.insert(entry), set.insert(entry));
                    } else {
                        prop_assert_eq!(tree.remove(&entry), set.remove(&entry));
                    }
                }
                same(&tree, &set);
            }
        }
    }

    #[test]
    fn a_tree_built_from_sorted_entries_is_in_shape_and_stays_so() {
        for len in (0..70).chain([511, 512, 513, 4_096, 4_097, 30_001]) {
            let mut tree = Tree::from_sorted((0..len).map(|entry| entry * 2));
            let mut set: BTreeSet<u32> = (0..len).map(|entry| entry * 2).collect();
            same(&tree, &set);
            for entry in (0..2 * len + 3).step_by(3) {
                assert_eq!(tree.insert(entry), set.insert(entry));
            }
            for entry in (0..2 * len).step_by(5) {
                assert_eq!(tree.remove(&entry), set.remove(&entry));
            }
            same(&tree, &set);
        }
    }

    #[test]
    fn what_arrives_in_order_and_leaves_in_order_keeps_its_ranks_at_every_size() {
        let mut tree = Tree::default();
        let mut set = BTreeSet::new();
        for entry in 0..30_000 {
            assert!(tree.insert(entry) && set.insert(entry));
        }
        same(&tree, &set);
        for entry in 0..29_990 {
            assert!(tree.remove(&entry) && set.remove(&entry));
            if entry % 2_999 == 0 {
                same(&tree, &set);
            }
        }
        same(&tree, &set);
    }

    #[test]
    fn thinned_out_leaves_are_joined_so_that_memory_follows_what_is_in_it() {
        let mut tree = Tree::default();
        for entry in 0..50_000 {
            tree.insert(entry);
        }
        let full = tree.bytes();
        for entry in (0..50_000).filter(|entry| entry % 100 != 0) {
            tree.remove(&entry);
        }
        assert!(tree.bytes() * 10 < full, "{} of {full}", tree.bytes());
        let rest: BTreeSet<u32> = (0..50_000).step_by(100).collect();
        same(&tree, &rest);
    }

    #[test]
    fn an_emptied_tree_is_as_good_as_new() {
        let mut tree = Tree::default();
        let order = |n: u32| n * 7_919 % 5_000;
        for entry in (0..5_000).map(order) {
            assert!(tree.insert(entry));
        }
        assert!(!tree.insert(17));
        for entry in (0..5_000).map(order).rev() {
            assert!(tree.remove(&entry));
        }
        assert!(!tree.remove(&17));
        same(&tree, &BTreeSet::new());
        assert!(tree.insert(3));
        same(&tree, &BTreeSet::from([3]));
    }
}
