#!/bin/sh
# under_valgrind.sh PROGRAM ERROR: runs PROGRAM ERROR under Valgrind and ends with 0 iff Valgrind
# reports an invalid read, or for the error "none" iff it reports nothing. 77: nothing was checked.
program=$1
error=$2
if ! command -v valgrind >/dev/null; then
    echo "skipped: valgrind is not installed"
    exit 77
fi
if ! echo '#include <valgrind/memcheck.h>' | "${CXX:-c++}" -x c++ -E - >/dev/null 2>&1; then
    echo "skipped: valgrind/memcheck.h is not installed, so the heap's marks are not built in"
    exit 77
fi
report=$(valgrind -q --error-exitcode=9 "$program" "$error" 2>&1)
status=$?
echo "$report"
if [ "$error" = none ]; then
    exit "$status"
fi
case $status:$report in
9:*"Invalid read of size 4"*) exit 0 ;;
esac
echo "the planted error has not been reported (status $status)"
exit 1
