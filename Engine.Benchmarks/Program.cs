using BenchmarkDotNet.Running;
using VxlanEngine.Benchmarks;

// --gate measures nothing but allocations; anything else is BenchmarkDotNet's own command line.
if (args is ["--gate"])
{
    return AllocationGate.Run();
}

BenchmarkSwitcher.FromAssembly(typeof(Config).Assembly).Run(args, new Config());
return 0;
