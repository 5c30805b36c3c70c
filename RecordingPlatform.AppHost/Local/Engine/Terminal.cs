namespace RecordingPlatform.AppHost.Local;

/// <summary>Lines with the name of who says them in front, whole even when many speak. Colours only on a terminal without NO_COLOR.</summary>
internal sealed class Terminal(TextWriter output, bool colours)
{
    const int NameWidth = 9;
    const string Reset = "\e[0m", Dim = "\e[2m", Red = "\e[31m", Green = "\e[32m", Bold = "\e[1m";

    // Blue, magenta, cyan, yellow and their bright ones: green and red are taken for good and bad news.
    static readonly string[] NameColours = ["\e[34m", "\e[35m", "\e[36m", "\e[33m", "\e[94m", "\e[95m", "\e[96m", "\e[93m"];

    readonly Lock _gate = new();
    readonly List<string> _names = [];

    public static Terminal ForConsole() => new(Console.Out,
        !Console.IsOutputRedirected && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")));

    /// <summary>A line that the process of a resource wrote.</summary>
    public void Said(string name, string line) => Write(name, line, colour: null);

    /// <summary>What the engine has to tell about a resource.</summary>
    public void News(string name, string text) => Write(name, text, Dim);

    public void Good(string name, string text) => Write(name, text, Green);

    public void Bad(string name, string text) => Write(name, text, Red);

    /// <summary>A line of its own, without a name: what the person in front of it waits for.</summary>
    public void Announce(string text)
    {
        lock (_gate)
        {
            output.WriteLine(colours ? $"{Bold}{text}{Reset}" : text);
            output.Flush();
        }
    }

    void Write(string name, string text, string? colour)
    {
        lock (_gate)
        {
            if (!_names.Contains(name))
            {
                _names.Add(name);
            }

            var padded = name.PadRight(NameWidth);
            output.WriteLine(!colours ? $"{padded} | {text}"
                : $"{NameColours[_names.IndexOf(name) % NameColours.Length]}{padded}{Reset} {Dim}|{Reset} {(colour is null ? text : $"{colour}{text}{Reset}")}");
            output.Flush();
        }
    }
}
