//! The files of expectations: lines of words, a bar, and one cell per kind of key.

/// A file, read.
pub(super) struct Table {
    /// The kinds of keys, left to right.
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// One line.
pub(super) struct Row {
    /// Its number in the file, from 1.
    pub(super) line: usize,
    /// What stands before the bar.
    pub(super) words: Vec<String>,
    cells: Vec<String>,
}

impl Table {
    /// Reads a file; the first line that is neither empty nor a comment names the columns.
    pub(super) fn read(text: &str) -> Self {
        let mut columns = Vec::new();
        let mut rows: Vec<Row> = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let number = index + 1;
            let (left, right) = line
                .split_once('|')
                .unwrap_or_else(|| panic!("line {number} has no bar: {line}"));
            let (words, cells) = (split(left), split(right));
            if columns.is_empty() {
                columns = cells;
                continue;
            }
            assert_eq!(cells.len(), columns.len(), "cells of line {number}");
            let twice = rows.iter().find(|row| row.words == words);
            assert!(twice.is_none(), "line {number} says again: {left}");
            rows.push(Row {
                line: number,
                words,
                cells,
            });
        }
        Self { columns, rows }
    }
}

impl Row {
    /// The cells with the names of their columns.
    pub(super) fn cells<'a>(
        &'a self,
        columns: &'a [String],
    ) -> impl Iterator<Item = (&'a str, &'a str)> {
        let cells = self.cells.iter().map(String::as_str);
        columns.iter().map(String::as_str).zip(cells)
    }
}

fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}
