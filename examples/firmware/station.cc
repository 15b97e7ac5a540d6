#include "examples/firmware/station.h"

namespace {

/// A new watch in the place of the sensor's old one.
void subscribe(Memory& memory, const Ref<Sensor>& sensor, std::int32_t limit) {
    const Ref<Watch> watch = memory.make<Watch>();
    const Ref<Subscription> subscription = memory.make<Subscription>();
    watch->limit = limit;
    watch->subscription = subscription;
    subscription->listener = watch;
    subscription->source = sensor;
    sensor->subscribers = subscription;
}

void publish(const Ref<Sensor>& sensor, std::int32_t value) {
    for (Ref<Subscription> to = sensor->subscribers; to; to = to->next) {
        const Ref<Watch> watch = to->listener;
        if (value > watch->limit) ++watch->alarms;
    }
}

}  // namespace

Ref<Station> make_station(Memory& memory) {
    Ref<Station> station = memory.make<Station>();
    for (unsigned i = 0; i < kSensors; ++i) {
        const Ref<Sensor> sensor = memory.make<Sensor>();
        sensor->next = Ref<Sensor>(station->sensors);
        station->sensors = sensor;
        subscribe(memory, sensor, 100);
    }
    return station;
}

std::int32_t control_step(Memory& memory, const Ref<Station>& station, std::uint32_t number) {
    const Ref<Frame> frame = memory.make<Frame>();
    frame->number = number;
    std::int32_t output = 0;
    unsigned index = 0;
    for (Ref<Sensor> sensor = station->sensors; sensor; sensor = sensor->next, ++index) {
        const Ref<Reading> reading = memory.make<Reading>();
        const Ref<Reading> last = sensor->last;
        reading->value = last ? (3 * last->value + sensor->raw) / 4 : sensor->raw;
        reading->frame = frame;
        reading->sensor = sensor;
        reading->next = Ref<Reading>(frame->readings);
        frame->readings = reading;
        sensor->last = reading;
        publish(sensor, reading->value);
        output += reading->value;
        if (number % (4 * kSensors) == 4 * index) subscribe(memory, sensor, reading->value + 10);
    }
    station->frame = frame;
    return output;
}

void sample(const Ref<Station>& station, std::uint32_t number) {
    Ref<Sensor> sensor = station->sensors;
    for (std::uint32_t i = number % kSensors; i > 0; --i) sensor = sensor->next;
    const std::uint32_t phase = number * 7 % 512;  // a triangle, -128 .. 128
    sensor->raw = static_cast<std::int32_t>(phase < 256 ? phase : 512 - phase) - 128;
    if (const Ref<Reading> last = sensor->last; last && last->value > sensor->peak)
        sensor->peak = last->value;
}

std::int32_t look(const Ref<Station>& station) {
    std::int32_t sum = 0;
    if (const Ref<Frame> frame = station->frame)
        for (Ref<Reading> at = frame->readings; at; at = at->next) sum += at->value;
    return sum;
}
