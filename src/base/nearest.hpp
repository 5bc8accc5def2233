#pragma once
// "Did you mean …?": the known word that a misspelt one was most likely meant to be. Pure.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace bigfoot {

/// How many letters must be added, dropped, changed or swapped with their neighbour to make `b` of `a`.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The first candidate of those nearest to `word`; empty when none is near: more than about a third of its letters
/// would have to change.
std::string nearest(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace bigfoot
