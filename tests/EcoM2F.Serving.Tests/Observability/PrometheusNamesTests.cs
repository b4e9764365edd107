using EcoM2F.Serving.Observability;

namespace EcoM2F.Serving.Tests.Observability;

public sealed class PrometheusNamesTests
{
    [Theory]
    [InlineData("ecom2f.encoder.depth", "{layer}", false, "ecom2f_encoder_depth")]
    [InlineData("ecom2f.encoder.layers.saved", "{layer}", true, "ecom2f_encoder_layers_saved_total")]
    [InlineData("ecom2f.gmacs", "{GMAC}", true, "ecom2f_gmacs_total")]
    [InlineData("ecom2f.gmacs.saved", "{GMAC}", true, "ecom2f_gmacs_saved_total")]
    [InlineData("ecom2f.stage.duration", "s", false, "ecom2f_stage_duration_seconds")]
    [InlineData("ecom2f.queue.predicted", "s", false, "ecom2f_queue_predicted_seconds")]
    [InlineData("ecom2f.device.seconds", "s", true, "ecom2f_device_seconds_total")]
    [InlineData("ecom2f.device.seconds.predicted", "s", true, "ecom2f_device_seconds_predicted_total")]
    [InlineData("ecom2f.requests.rejected", "{request}", true, "ecom2f_requests_rejected_total")]
    [InlineData("ecom2f.ready", "", false, "ecom2f_ready")]
    [InlineData("ecom2f.model.max_depth", "{layer}", false, "ecom2f_model_max_depth")]
    [InlineData("process.resident_memory", "By", false, "process_resident_memory_bytes")]
    [InlineData("process.cpu", "s", true, "process_cpu_seconds_total")]
    [InlineData("process.start_time", "s", false, "process_start_time_seconds")]
    [InlineData("process.open_fds", "", false, "process_open_fds")]
    [InlineData("dotnet.thread_pool.thread.count", "{thread}", false, "dotnet_thread_pool_threads")]
    [InlineData("http.server.request.duration", "s", false, "http_server_request_duration_seconds")]
    [InlineData("requests.total", "", true, "requests_total")]
    [InlineData("9 strange-name", "1", false, "_9_strange_name")]
    public void Translate_FollowsPrometheusRules(string name, string unit, bool isCounter, string expected) =>
        Assert.Equal(expected, PrometheusNames.Translate(name, unit, isCounter));
}
