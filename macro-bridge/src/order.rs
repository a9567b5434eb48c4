//! The order of the macros on one item.

use std::collections::{BTreeMap, BTreeSet};

use crate::failure::{Failure, texts};
use crate::request::Call;

/// Puts the macros on one item into the order in which they run, whatever the order in which they are
/// written.
///
/// # Errors
/// As [`order`]; then they are where they were.
pub fn sort<T>(macros: &mut Vec<T>, call: impl Fn(&T) -> &Call) -> Result<(), (usize, Failure)> {
    let needs: Vec<_> =
        macros.iter().map(|one| (call(one).path(), call(one).needs.clone())).collect();
    let order = order(&needs)?;
    let mut written: Vec<_> = macros.drain(..).map(Some).collect();
    macros.extend(order.into_iter().filter_map(|index| written[index].take()));
    Ok(())
}

/// The order in which the macros on one item run: each behind those it needs, else by path, never
/// as written. `macros` holds path and needs of each; the result holds indices.
///
/// # Errors
/// The index of a macro that cannot run, and why.
pub fn order(macros: &[(String, Vec<String>)]) -> Result<Vec<usize>, (usize, Failure)> {
    let mut places = BTreeMap::new();
    for (index, (path, _)) in macros.iter().enumerate() {
        if places.insert(path.as_str(), index).is_some() {
            return Err((index, texts::project::repeated(path)));
        }
    }
    for (index, (path, needs)) in macros.iter().enumerate() {
        if let Some(need) = needs.iter().find(|need| !places.contains_key(need.as_str())) {
            return Err((index, texts::project::missing_need(path, need)));
        }
    }
    let mut done = BTreeSet::new();
    let mut order = Vec::new();
    while order.len() < macros.len() {
        let ready = places.iter().find(|(path, index)| {
            !done.contains(*path)
                && macros[**index].1.iter().all(|need| done.contains(need.as_str()))
        });
        match ready {
            Some((path, index)) => {
                done.insert(*path);
                order.push(*index);
            }
            None => {
                let stuck = |path: &str| !done.contains(path);
                let cycle = cycle(&places, macros, stuck);
                return Err((places[cycle[0]], texts::project::need_cycle(&cycle)));
            }
        }
    }
    Ok(order)
}

/// The paths of one cycle, the least first, among macros that are stuck: each needs a stuck one.
fn cycle<'a>(
    places: &BTreeMap<&'a str, usize>,
    macros: &'a [(String, Vec<String>)],
    stuck: impl Fn(&str) -> bool,
) -> Vec<&'a str> {
    let mut way: Vec<&str> = places.keys().copied().find(|path| stuck(path)).into_iter().collect();
    while let Some(last) = way.last() {
        let needs = macros[places[last]].1.iter().map(String::as_str);
        let Some(next) = needs.min_by_key(|need| (!stuck(need), *need)) else { break };
        if let Some(start) = way.iter().position(|path| *path == next) {
            way.drain(..start);
            break;
        }
        way.push(next);
    }
    let least = (0..way.len()).min_by_key(|at| way[*at]).unwrap_or(0);
    way.rotate_left(least);
    way
}

#[cfg(test)]
mod tests;
