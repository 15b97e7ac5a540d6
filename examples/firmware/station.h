// The firmware's objects: a station with sensors, frames of readings, watches that subscribe.
//
//   Station -> Sensor -> Sensor -> ...          Subscription <-> Watch     a ring
//      |         |  \                                ^  |
//      v         v   +-> subscribers ----------------+  +-> Sensor
//    Frame <-> Reading -> Reading -> ...        Frame <-> Reading          rings: a parent pointer
//
// Nobody takes them apart: a frame is dropped when the next one is there, a watch when another one
// subscribes in its place. Both leave rings.
#pragma once

#include <cstdint>

#include "examples/firmware/memory.h"

struct Frame;
struct Sensor;
struct Watch;

/// One sensor's value in one control period.
struct Reading {
    Field<Frame> frame;  // the parent
    Field<Sensor> sensor;
    Field<Reading> next;
    std::int32_t value = 0;
};

/// One control period.
struct Frame {
    Field<Reading> readings;
    std::uint32_t number = 0;
};

struct Subscription {
    Field<Sensor> source;
    Field<Watch> listener;
    Field<Subscription> next;
};

/// Counts how often a sensor was above a limit.
struct Watch {
    Field<Subscription> subscription;
    std::int32_t limit = 0;
    std::uint32_t alarms = 0;
};

struct Sensor {
    Field<Sensor> next;
    Field<Subscription> subscribers;
    Field<Reading> last;
    std::int32_t raw = 0;  ///< written by the interrupt
    std::int32_t peak = 0;
};

struct Station {
    Field<Sensor> sensors;
    Field<Frame> frame;
};

inline constexpr unsigned kSensors = 8;

Ref<Station> make_station(Memory& memory);
/// 200 times a second: a frame with a reading of every sensor; subscribers hear of it. Returns what
/// goes to the actuator.
std::int32_t control_step(Memory& memory, const Ref<Station>& station, std::uint32_t number);
/// 1000 times a second, in the interrupt: a sample of one sensor.
void sample(const Ref<Station>& station, std::uint32_t number);
/// Any thread, any time: the sum of the current frame.
std::int32_t look(const Ref<Station>& station);
