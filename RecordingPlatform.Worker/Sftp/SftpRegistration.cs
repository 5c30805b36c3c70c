namespace RecordingPlatform.Worker.Sftp;

static class SftpRegistration
{
    /// <summary><see cref="SftpSessions"/>. Needs the work directories of <c>AddMedia</c>.</summary>
    public static IServiceCollection AddSftp(this IServiceCollection services)
    {
        services.AddOptions<SftpOptions>().BindConfiguration(SftpOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<SftpSessions>();
        return services;
    }
}
