#pragma once
#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "cli/verb_list.h"

namespace keelson::cli {

// How what was typed becomes a value: one maker of an Assign for each kind of value. What they fill outlives them (Collected does).

using Values = std::vector<std::string>;

/// A value that cannot be: what is wrong with it and what to write instead.
inline Error wrong(std::string what, std::string next) { return Error{ErrorCode::usage, std::move(what), {}, {}, std::move(next)}; }

/// The last one given.
inline Assign to_text(std::string& target) {
  return [&target](const Values& values) -> Result<void> { target = values.back(); return {}; };
}

/// All of them.
inline Assign to_list(std::vector<std::string>& target) {
  return [&target](const Values& values) -> Result<void> { target = values; return {}; };
}

/// "PG-1,RD-3" and repeated flags alike.
inline Assign to_comma_list(std::vector<std::string>& target) {
  return [&target](const Values& values) -> Result<void> {
    target.clear();
    for (const std::string& value : values)
      for (std::size_t from = 0; from <= value.size();) {
        const std::size_t comma = std::min(value.find(',', from), value.size());
        if (comma > from) target.push_back(value.substr(from, comma - from));
        from = comma + 1;
      }
    return {};
  };
}

/// `on` for 1, true, yes; untouched for 0, false, no and "".
template <typename T>
Assign to_switch(T& target, T on) {
  return [&target, on](const Values& values) -> Result<void> {
    const std::string& value = values.back();
    if (value == "1" || value == "true" || value == "yes") target = on;
    else if (!value.empty() && value != "0" && value != "false" && value != "no")
      return unexpected(wrong("'" + value + "' is neither true nor false", "use 1 or 0"));
    return {};
  };
}

/// A whole number, not negative.
template <typename Number>
Assign to_number(Number& target) {
  return [&target](const Values& values) -> Result<void> {
    const std::string& value = values.back();
    Number number = 0;
    const auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (problem != std::errc() || end != value.data() + value.size() || number < 0)
      return unexpected(wrong("'" + value + "' is not a whole number", "use digits only"));
    target = number;
    return {};
  };
}

/// Milliseconds, from "500ms", "90s", "2m".
inline Assign to_duration(std::int64_t& target) {
  return [&target](const Values& values) -> Result<void> {
    const auto duration = parse_duration_ms(values.back());
    if (!duration) return unexpected(wrong("'" + values.back() + "' is not a duration", "write it like 500ms, 90s or 2m"));
    target = *duration;
    return {};
  };
}

/// A word and what it stands for.
template <typename T>
struct Choice {
  std::string_view word;
  T value;
};

/// One of `choices`, which live for ever.
template <typename T, std::size_t N>
Assign to_choice(T& target, const std::array<Choice<T>, N>& choices) {
  return [&target, &choices](const Values& values) -> Result<void> {
    std::vector<std::string> words;
    for (const Choice<T>& choice : choices) {
      if (choice.word == values.back()) { target = choice.value; return {}; }
      words.emplace_back(choice.word);
    }
    std::string all;
    for (const std::string& word : words) all += (all.empty() ? "" : ", ") + word;
    const std::string near = nearest(values.back(), words);
    return unexpected(wrong("'" + values.back() + "' is not one of " + all, near.empty() ? "use one of them" : "did you mean '" + near + "'?"));
  };
}

/// For help and completion.
template <typename T, std::size_t N>
std::vector<std::string> words_of(const std::array<Choice<T>, N>& choices) {
  std::vector<std::string> words;
  for (const Choice<T>& choice : choices) words.emplace_back(choice.word);
  return words;
}

/// Like to_choice, keeping the word itself.
template <std::size_t N>
Assign to_word(std::string& target, const std::array<Choice<std::string_view>, N>& choices) {
  return [&target, &choices](const Values& values) -> Result<void> {
    std::string_view word;
    KEELSON_CHECK(to_choice(word, choices)(values));
    target = word;
    return {};
  };
}

}  // namespace keelson::cli
