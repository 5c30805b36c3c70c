using System.Globalization;
using RecordingPlatform.Benchmarks.Measuring;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>The load of a seek: one connection, one request at a time, in a process on the load's core.</summary>
internal static class Seek
{
    const int Requests = 2000;

    public static async Task<double> MedianAsync(Uri url, int length, long of) =>
        (await Self.NumbersAsync(Machine.OnLoadCore(Self.As("seek", url.AbsoluteUri, $"{length}", $"{of}"))))[0];

    /// <param name="arguments">URL, length of a range, length of the file. Prints the median in microseconds.</param>
    public static Task RunAsync(string[] arguments)
    {
        var (url, length, of) = (new Uri(arguments[0]), int.Parse(arguments[1], CultureInfo.InvariantCulture), long.Parse(arguments[2], CultureInfo.InvariantCulture));
        using var connection = new RangeConnection(url, length);
        var places = new Random(1);
        var times = new double[Requests];
        for (var i = -200; i < Requests; i++)
        {
            var took = connection.Get(places.NextInt64(of - length));
            if (i >= 0)
                times[i] = took.TotalMicroseconds;
        }
        Array.Sort(times);
        Console.WriteLine(FormattableString.Invariant($"{times[Requests / 2]:0.0}"));
        return Task.CompletedTask;
    }
}
