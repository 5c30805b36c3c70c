using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

public sealed class MediaToolsTests(Studio studio)
{
    [Theory]
    [InlineData(1, "[mov] [error] moov atom not found", MediaDamageKind.Undecodable)]
    [InlineData(69, "", MediaDamageKind.Undecodable)]
    [InlineData(139, "", MediaDamageKind.Undecodable)]
    [InlineData(1, "[h264] [error] Cannot allocate memory", MediaDamageKind.BeyondLimits)]
    [InlineData(1, "av_interleaved_write_frame(): File too large", MediaDamageKind.BeyondLimits)]
    [InlineData(1, "[svg] [error] Codec (svg) not on whitelist 'aac'", MediaDamageKind.Unsupported)]
    public void What_the_file_did_is_damage(int exitCode, string tail, MediaDamageKind kind) =>
        Assert.Equal(kind, MediaTools.Judge(Exit(ChildEnd.Exited, exitCode, tail), MediaType.Mp4).Kind);

    [Fact]
    public void Processor_time_that_ran_out_is_the_files_doing() =>
        Assert.Equal(MediaDamageKind.BeyondLimits, MediaTools.Judge(Exit(ChildEnd.OutOfCpuTime, 137, ""), MediaType.Mp4).Kind);

    [Fact]
    public void What_the_machine_did_is_an_exception_so_that_the_job_is_tried_again()
    {
        Assert.Throws<MediaToolException>(() => MediaTools.Judge(Exit(ChildEnd.TimedOut, 137, ""), MediaType.Mp4));
        Assert.Throws<MediaToolException>(() => MediaTools.Judge(Exit(ChildEnd.Exited, 137, ""), MediaType.Mp4));
        Assert.Throws<MediaToolException>(() => MediaTools.Judge(Exit(ChildEnd.Exited, 1, "[fatal] Unknown encoder 'libopus'"), MediaType.Mp4));
    }

    [Fact]
    public void A_full_disk_and_an_output_that_was_not_finished_are_seen_whatever_the_exit_code()
    {
        var log = new RenderLog(null, null);
        log.Read("[ipod @ 0x1] [error] Unable to re-open file:high.m4a output file for the second pass (faststart)");
        log.Read("av_interleaved_write_frame(): No space left on device");

        Assert.True(log.OutputFailed && log.OutOfSpace);
    }

    [Fact]
    public async Task Health_says_which_walls_stand()
    {
        var report = await HealthAsync(("Media:Ffmpeg", "ffmpeg"));

        Assert.Equal(HealthStatus.Healthy, report.Status);
        Assert.Equal((await studio.Tools.IsolationAsync()).NetworkIsolated, report.Data["networkIsolated"]);
        Assert.EndsWith("/ffprobe", (string)report.Data["ffprobe"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_program_is_unhealthy_and_named()
    {
        var report = await HealthAsync(("Media:Ffmpeg", "no-such-ffmpeg"));

        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Contains("no-such-ffmpeg", report.Description, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_that_make_no_sense_stop_the_start()
    {
        var failure = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => HealthAsync(("Media:AddressSpaceBytes", "1")));

        Assert.Contains("AddressSpaceBytes", failure.Message, StringComparison.Ordinal);
    }

    async Task<HealthReportEntry> HealthAsync((string Key, string Value) setting)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new());
        builder.Configuration[setting.Key] = setting.Value;
        builder.Configuration["Workdir:Memory"] = builder.Configuration["Workdir:Folder"] = Path.GetDirectoryName(studio.PathOf("x"));
        builder.Services.AddMedia();
        using var host = builder.Build();
        await host.StartAsync();
        var report = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
        await host.StopAsync();
        return report.Entries["media"];
    }

    static ChildExit Exit(ChildEnd end, int exitCode, string tail) => new() { End = end, ExitCode = exitCode, ErrorTail = tail };
}
