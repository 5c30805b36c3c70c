using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Api;

/// <summary>
/// Sends the requests of a <c>.http</c> file from top to bottom, as an editor would: variables, named requests whose answers
/// later ones quote, bodies from files. <c># @expect 200</c> says what must come back, <c># @eventually 200</c> what must come
/// back in the end, <c># @open 200</c> what an answer must begin with that has no end.
/// </summary>
internal sealed partial class RequestFile(string path, Dictionary<string, string> variables, HttpClient client)
{
    readonly Dictionary<string, JsonElement> _answers = new(StringComparer.Ordinal);

    /// <returns>How many requests were sent; each has answered as its file says.</returns>
    public async Task<int> SendAllAsync()
    {
        var sent = 0;
        foreach (var block in Separator().Split(await File.ReadAllTextAsync(path)))
        {
            var lines = new Queue<string>(block.Split('\n').Select(l => l.TrimEnd('\r')));
            string? name = null;
            (int Status, string How)? expected = null;
            while (lines.TryPeek(out var line) && (line.Length == 0 || line[0] is '#' or '@'))
            {
                lines.Dequeue();
                if (Variable().Match(line) is { Success: true } variable)
                    variables.TryAdd(variable.Groups[1].Value, variable.Groups[2].Value);
                else if (Directive().Match(line) is { Success: true } directive)
                {
                    if (directive.Groups[1].Value == "name")
                        name = directive.Groups[2].Value;
                    else
                        expected = (int.Parse(directive.Groups[2].Value), directive.Groups[1].Value);
                }
            }
            if (lines.Count == 0)
                continue;
            var (status, how) = expected ?? throw new FormatException($"{path}: a request does not say what it expects: {lines.Peek()}");
            var request = lines.ToArray();
            var answer = await Until.NotNullAsync(async () =>
            {
                var got = await client.SendAsync(Read(request), how == "open" ? HttpCompletionOption.ResponseHeadersRead : HttpCompletionOption.ResponseContentRead);
                return how != "eventually" || (int)got.StatusCode == status ? got : null;
            }, TimeSpan.FromSeconds(60), $"{Path.GetFileName(path)}: {request[0]} answers {status}");
            if (how == "open" && (int)answer.StatusCode == status)
            {
                // The first bytes come at once, and leaving is how it ends.
                await using (var stream = await answer.Content.ReadAsStreamAsync())
                    Assert.True(await stream.ReadAsync(new byte[1]) == 1, $"{Path.GetFileName(path)}: {request[0]} sent nothing");
                answer.Dispose();
                sent++;
                continue;
            }
            var body = await answer.Content.ReadAsStringAsync();
            Assert.True((int)answer.StatusCode == status, $"{Path.GetFileName(path)}: {request[0]} answered {(int)answer.StatusCode}, not {status}: {body[..Math.Min(body.Length, 2000)]}");
            if (name is not null)
                _answers[name] = JsonSerializer.Deserialize<JsonElement>(body);
            sent++;
        }
        return sent;
    }

    HttpRequestMessage Read(string[] lines)
    {
        var first = Fill(lines[0]).Split(' ', 2);
        var request = new HttpRequestMessage(new HttpMethod(first[0]), first[1]);
        var headers = lines.Skip(1).TakeWhile(l => l.Length > 0).Select(l => Fill(l).Split(':', 2, StringSplitOptions.TrimEntries)).ToList();
        var body = lines.Skip(1).SkipWhile(l => l.Length > 0).Skip(1).ToList();
        while (body.Count > 0 && body[^1].Length == 0)
            body.RemoveAt(body.Count - 1);
        if (body.Count > 0)
        {
            var bytes = new MemoryStream();
            foreach (var line in body)
            {
                bytes.Write(line.StartsWith("< ", StringComparison.Ordinal)
                    ? File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(path)!, line[2..])) : Encoding.UTF8.GetBytes(Fill(line)));
                bytes.Write("\r\n"u8);
            }
            request.Content = new ByteArrayContent(bytes.ToArray());
        }
        foreach (var header in headers)
        {
            if (header[0].Equals("Content-Type", StringComparison.OrdinalIgnoreCase))
                request.Content!.Headers.ContentType = MediaTypeHeaderValue.Parse(header[1]);
            else
                request.Headers.TryAddWithoutValidation(header[0], header[1]);
        }
        return request;
    }

    string Fill(string line) => Placeholder().Replace(line, match =>
    {
        var said = match.Groups[1].Value;
        if (variables.TryGetValue(said, out var value))
            return Fill(value);
        var steps = said.Split('.');
        if (steps is not [_, "response", "body", ..] || !_answers.TryGetValue(steps[0], out var answer))
            throw new FormatException($"{path}: nothing is called {said}.");
        return steps.Skip(3).Aggregate(answer, (element, step) => int.TryParse(step, out var at) ? element[at] : element.GetProperty(step)).ToString();
    });

    [GeneratedRegex("^###.*$", RegexOptions.Multiline)]
    private static partial Regex Separator();

    [GeneratedRegex(@"^@(\w+)\s*=\s*(.*)$")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^#\s*@(name|expect|eventually|open)\s+(\S+)")]
    private static partial Regex Directive();

    [GeneratedRegex(@"\{\{\s*([\w.]+)\s*\}\}")]
    private static partial Regex Placeholder();
}
