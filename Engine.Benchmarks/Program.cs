using BenchmarkDotNet.Running;
using VxlanEngine.Benchmarks;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Benchmarks.Io;
using VxlanEngine.Benchmarks.Mutation;
using VxlanEngine.Benchmarks.Workers;

// --gate measures nothing but allocations, --mutate looks for crashes, --compare puts the engine beside its peer (with
// --measure for one run of it, and --check for what leaves), --flows looks at a million flows, --workers puts two
// workers beside one, --io live ports beside their peers, --soak
// runs one for half an hour; anything else is BenchmarkDotNet's own command line.
if (args is ["--gate"])
{
    return AllocationGate.Run();
}

if (args is ["--mutate", ..])
{
    return MutationCommand.Run(args[1..]);
}

if (args is ["--compare", ..])
{
    return ComparisonCommand.Run(args[1..]);
}

if (args is ["--flows", ..])
{
    return FlowsCommand.Run(args[1..]);
}

if (args is ["--check"])
{
    return CheckCommand.Run();
}

if (args is ["--measure", ..])
{
    return MeasureCommand.Run(args[1..]);
}

if (args is ["--workers"])
{
    return WorkersCommand.Run();
}

if (args is ["--io", ..])
{
    return IoCommand.Run(args[1..]);
}

if (args is ["--soak", ..])
{
    return SoakCommand.Run(args[1..]);
}

if (args is ["--io-relay"])
{
    return BareRelay.Run();
}

BenchmarkSwitcher.FromAssembly(typeof(Config).Assembly).Run(args, new Config());
return 0;
