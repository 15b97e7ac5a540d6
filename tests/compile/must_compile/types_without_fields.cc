// Types without fixed fields: an empty list, an empty aggregate, trailing fields only.
#include "ouro/ouro.h"

struct Empty {};

class Tuple : public ouro::Variable {
public:
    static constexpr auto ouro_fields = ouro::fields<>;
};

ouro::Result<ouro::Ref<Empty>> make_empty(ouro::Heap& heap) { return ouro::try_make<Empty>(heap); }

ouro::Result<ouro::Ref<Tuple>> make_tuple(ouro::Heap& heap) {
    return ouro::try_make_variable<Tuple>(heap, ouro::Trailing{3, 0});
}
