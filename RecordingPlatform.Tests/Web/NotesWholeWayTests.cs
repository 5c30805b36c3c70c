using Microsoft.Playwright;
using RecordingPlatform.Tests.Fixtures;
using static Microsoft.Playwright.Assertions;

namespace RecordingPlatform.Tests.Web;

/// <summary>The recording's page over the real platform: its CORS, its events and its rights.</summary>
public sealed class NotesWholeWayTests(PostgresCluster cluster, Browser browser)
{
    [Fact]
    public async Task Channels_are_told_apart_and_a_note_written_at_a_moment_appears_at_a_colleagues()
    {
        var origin = $"http://127.0.0.1:{Ports.Free()}";
        await using var platform = await Platform.StartAsync(cluster, new PlatformSettings { Environment = new Dictionary<string, string> { ["Portal__Origin"] = origin } });
        await using var portal = await PortalProcess.StartAsync(platform.Url.GetLeftPart(UriPartial.Authority), ("Portal__ApiKey", Platform.PortalKey), ("ASPNETCORE_URLS", origin));
        using var admin = await platform.SignInAsync("admin");
        var id = await Platform.UploadAsync(admin, Sample.Wav(channels: 2), "two voices.wav", ("title", "Two voices"), ("subject_id", "patient"), ("callId", "call-notes"));
        await platform.WaitForAsync(admin, id, "ready");

        await using var one = await browser.OpenAsync();
        await using var two = await browser.OpenAsync();
        await using var three = await browser.OpenAsync();
        await one.Page.AddInitScriptAsync("""
            const make = AudioContext.prototype.createGain;
            AudioContext.prototype.createGain = function () {
              const gain = make.call(this);
              const meter = this.createAnalyser();
              gain.connect(meter);
              (window.meters ??= []).push(meter);
              return gain;
            };
            window.loud = () => (window.meters ?? []).map(meter => { const a = new Float32Array(meter.fftSize); meter.getFloatTimeDomainData(a); return Math.max(...a.map(Math.abs)); });
            """);
        var writer = await OpenAsync(one, "practice_manager");
        var reader = await OpenAsync(two, "operator");
        var patient = await OpenAsync(three, "patient");

        await writer.GetByRole(AriaRole.Button, new() { Name = "Play" }).ClickAsync();
        await writer.GetByRole(AriaRole.Button, new() { Name = "Hear only Right" }).ClickAsync();
        await Until.TrueAsync(async () => await writer.EvaluateAsync<double[]>("() => loud()") is [< 0.001, > 0.02], TimeSpan.FromSeconds(30), "only the right channel is heard, through Web Audio");

        var slider = writer.GetByRole(AriaRole.Slider, new() { Name = "Position" });
        await writer.GetByRole(AriaRole.Button, new() { Name = "Pause" }).ClickAsync();
        await slider.FocusAsync();
        await writer.Keyboard.PressAsync("Home");
        await writer.Keyboard.PressAsync("l");
        await writer.Keyboard.PressAsync("n");
        await Expect(writer.GetByLabel("At", new() { Exact = true })).ToHaveValueAsync("0:10");
        await writer.GetByRole(AriaRole.Textbox, new() { Name = "Note" }).FillAsync("Here it changes");
        await writer.GetByRole(AriaRole.Button, new() { Name = "Add note" }).ClickAsync();
        var entry = reader.GetByRole(AriaRole.Listitem).Filter(new() { HasText = "Here it changes" });
        await Expect(entry).ToContainTextAsync("0:10");
        await Expect(reader.Locator(".wave-marker")).ToHaveCountAsync(1);
        // Another's note: read, not rewritten.
        await Expect(entry.GetByRole(AriaRole.Link, new() { Name = "Edit note" })).ToHaveCountAsync(0);

        await writer.GetByRole(AriaRole.Link, new() { Name = "Rename" }).ClickAsync();
        await writer.GetByRole(AriaRole.Textbox, new() { Name = "Title" }).FillAsync("Two voices, one quarrel");
        await writer.Keyboard.PressAsync("Enter");
        await Expect(reader.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Two voices, one quarrel");

        // The patient hears themselves and knows of no note, also after the page was told of the new title.
        await Expect(patient.GetByRole(AriaRole.Heading, new() { Level = 1 })).ToHaveTextAsync("Two voices, one quarrel");
        await Expect(patient.GetByText("Here it changes")).ToHaveCountAsync(0);
        await Expect(patient.Locator("#notes")).ToHaveCountAsync(0);
        foreach (var window in (Window[])[one, two, three])
            window.AssertQuiet();

        async Task<IPage> OpenAsync(Window window, string role)
        {
            await window.SignInAsync(origin, $"/recordings/{id}", platform.UserOf(role));
            await Expect(window.Page.Locator("recording-player[data-drawn]")).ToBeVisibleAsync();
            return window.Page;
        }
    }
}
